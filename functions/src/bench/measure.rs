//! One measurement: floors, warm-up, the counted run, floors again.

use std::sync::Arc;
use std::time::Duration;

use super::callers::{Until, fire};
use super::file::FileLoad;
use super::floor::Floors;
use super::latency::Latencies;
use super::left_behind::left_behind;
use super::report::rounded;
use super::subject::{Setup, Subject};
use super::{BenchError, Measurement, Workload, process};

/// How long is fired before it counts.
const WARM_UP: Duration = Duration::from_secs(2);

/// How triggers arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// So many callers, each waiting for its answer.
    Callers(usize),
    /// A file.
    File,
}

/// How long is measured, and what.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// The loads, one measurement each.
    pub loads: Vec<Load>,
    /// How long is counted.
    pub time: Duration,
    /// After how many triggers it ends before that.
    pub triggers: Option<u64>,
    /// The trace level.
    pub trace_level: String,
    /// How many triggers are in the store before anything is measured.
    pub prefill: u64,
    /// Where it is measured, and with which further settings.
    pub setup: Setup,
}

/// What a run took.
struct Counted {
    triggers: u64,
    warm_up: u64,
    seconds: f64,
    latencies: Latencies,
}

/// Measures a workload under every load; `done` is told each measurement.
pub async fn measure(workload: &Workload, options: &BenchOptions, done: &mut (dyn FnMut(&Measurement) + Send)) -> Result<Vec<Measurement>, BenchError> {
    let mut setup = options.setup.clone();
    setup.settings.push(("trace.level".to_owned(), options.trace_level.clone()));
    let workload = Arc::new(workload.clone());
    let mut all = Vec::with_capacity(options.loads.len());
    for load in &options.loads {
        let floors = Floors::record(&workload, &setup, *load == Load::File).await?;
        let measurement = Box::pin(one(&workload, options, *load, &floors, &setup)).await?;
        floors.close().await?;
        done(&measurement);
        all.push(measurement);
    }
    Ok(all)
}

async fn one(workload: &Arc<Workload>, options: &BenchOptions, load: Load, floors: &Floors, setup: &Setup) -> Result<Measurement, BenchError> {
    let callers = match load {
        Load::Callers(callers) => callers.max(1),
        Load::File => 1,
    };
    let floor_time = (options.time / 5).clamp(Duration::from_millis(500), Duration::from_secs(2));
    let before = floors.measure(callers, floor_time).await?;
    let subject = Subject::open(workload, setup).await?;
    let store = subject.node().stores.default_store().store.clone();
    process::forget_peak();
    let planned = warm_up(&subject, workload, load, options).await?;
    let lane = subject.node().stores.default_store().lane.clone();
    let groups = lane.groups();
    let (traffic, cpu) = (store.traffic(), process::cpu_seconds());
    let counted = run(&subject, workload, load, options, planned).await?;
    let used = process::cpu_seconds().zip(cpu).map(|(after, before)| after - before);
    let traffic = store.traffic().since(traffic);
    let storage = store.read(|session| Box::pin(async move { session.dialect().name() })).await?;
    let peak = process::peak_rss_mb();
    let mut beyond = left_behind(&store, counted.triggers + counted.warm_up).await?;
    let groups = lane.groups().since(groups);
    subject.close().await?;
    let floor = before.mean(floors.measure(callers, floor_time).await?);
    for left in beyond.iter_mut().filter(|left| left.rows_per_trigger > 0.0) {
        left.share_of_time = rounded(floors.share_of(left.table, floor_time).await?);
    }
    let count = (counted.triggers.max(1)) as f64;
    let rate = counted.triggers as f64 / counted.seconds.max(0.001);
    let percentiles = counted.latencies.percentiles_ms();
    Ok(Measurement {
        workload: workload.name.clone(),
        storage: storage.to_owned(),
        prefill: options.prefill,
        callers,
        file: load == Load::File,
        triggers: counted.triggers,
        triggers_per_s: rounded(rate),
        p50_ms: percentiles.map(|[p50, _, _]| rounded(p50)),
        p95_ms: percentiles.map(|[_, p95, _]| rounded(p95)),
        p99_ms: percentiles.map(|[_, _, p99]| rounded(p99)),
        statements_per_trigger: rounded(traffic.statements as f64 / count),
        commits_per_trigger: rounded(traffic.commits as f64 / count),
        cpu_s_per_1000: used.map(|used| rounded(used / count * 1000.0)),
        peak_rss_mb: peak.map(rounded),
        trace_level: options.trace_level.clone(),
        floor_serial_per_s: rounded(floor.serial_per_s),
        floor_batched_per_s: rounded(floor.batched_per_s),
        of_floor_serial: rounded(rate / floor.serial_per_s.max(0.001)),
        of_floor_batched: rounded(rate / floor.batched_per_s.max(0.001)),
        repeated_share: rounded(groups.repeated_share()),
        log_bytes_per_trigger: rounded(beyond.iter().filter(|left| left.table == "nightowl_logs").map(|left| left.bytes_per_trigger).sum()),
        beyond_topic_rows: beyond,
    })
}

/// How many triggers the warm-up fired, and how many a file should have.
struct WarmedUp {
    fired: u64,
    planned: u64,
}

async fn warm_up(subject: &Subject, workload: &Arc<Workload>, load: Load, options: &BenchOptions) -> Result<WarmedUp, BenchError> {
    let file = FileLoad { subject, workload };
    file.prefill(options.prefill).await?;
    match load {
        Load::Callers(callers) => {
            let (_, latencies) = fire(subject, workload, callers, Until { time: WARM_UP, triggers: None }).await?;
            Ok(WarmedUp { fired: options.prefill + latencies.count(), planned: 0 })
        }
        Load::File => {
            let (fired, planned) = file.warm_up(options.time, options.triggers).await?;
            Ok(WarmedUp { fired: options.prefill + fired, planned })
        }
    }
}

async fn run(subject: &Subject, workload: &Arc<Workload>, load: Load, options: &BenchOptions, warmed_up: WarmedUp) -> Result<Counted, BenchError> {
    match load {
        Load::Callers(callers) => {
            let (took, latencies) = fire(subject, workload, callers, Until { time: options.time, triggers: options.triggers }).await?;
            Ok(Counted { triggers: latencies.count(), warm_up: warmed_up.fired, seconds: took.as_secs_f64(), latencies })
        }
        Load::File => {
            let took = FileLoad { subject, workload }.fire("counted.ndjson", warmed_up.planned).await?;
            Ok(Counted { triggers: warmed_up.planned, warm_up: warmed_up.fired, seconds: took.as_secs_f64(), latencies: Latencies::default() })
        }
    }
}
