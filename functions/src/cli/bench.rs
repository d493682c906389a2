//! `nightowl bench`: workload files against floors (surface.md §21).

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::{CliError, GlobalOptions, output};
use crate::bench::{BenchError, BenchOptions, Load, Measurement, Setup, Workload, measure};

/// Measure workload files, each on a fresh store, against floors of the same run. With --storage of a server each
/// measurement has a schema or database of its own there, which is removed afterwards.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Workload files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How many callers; a measurement each.
    #[arg(long, value_delimiter = ',', default_value = "1,2,8,32", value_name = "N,…")]
    callers: Vec<usize>,
    /// Fires the triggers as a file instead, as `nightowl trigger` does.
    #[arg(long)]
    file: bool,
    /// How long is measured.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS")]
    seconds: f64,
    /// Ends after so many triggers.
    #[arg(long, value_name = "N")]
    triggers: Option<u64>,
    /// Fires so many triggers before anything is measured.
    #[arg(long, default_value_t = 0, value_name = "N")]
    prefill: u64,
    /// How much is recorded: off, errors, monitor, full.
    #[arg(long, default_value = "monitor", value_name = "LEVEL")]
    trace_level: String,
}

pub(super) async fn run(global: &GlobalOptions, args: BenchArgs) -> Result<ExitCode, CliError> {
    let server = global.storage.clone().filter(|url| !url.starts_with("sqlite"));
    let time = Duration::try_from_secs_f64(args.seconds).map_err(|_| CliError::Usage("--seconds takes a number above 0".to_owned()))?;
    let mut settings = Vec::new();
    for pair in &global.set {
        let Some((key, value)) = pair.split_once('=') else { return Err(CliError::Usage(format!("--set takes KEY=VALUE, not \"{pair}\""))) };
        settings.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    settings.extend(global.atomicity.iter().map(|mode| ("engine.atomicity".to_owned(), mode.clone())));
    let loads = if args.file { vec![Load::File] } else { args.callers.iter().map(|callers| Load::Callers(*callers)).collect() };
    let options =
        BenchOptions { loads, time, triggers: args.triggers, trace_level: args.trace_level, prefill: args.prefill, setup: Setup { server, settings } };
    let mut all = Vec::new();
    for file in &args.files {
        let workload = Workload::read(file)?;
        all.extend(measure(&workload, &options, &mut tell).await?);
    }
    output::line(&serde_json::to_string_pretty(&json!(all)).map_err(std::io::Error::from)?)?;
    Ok(ExitCode::SUCCESS)
}

/// A line for people while the rest is measured.
fn tell(measured: &Measurement) {
    output::note(&format!(
        "{} on {}, {}: {:.0} triggers/s, {:.2} of the serial floor ({:.0}), {:.2} of the batched one ({:.0})",
        measured.workload,
        measured.storage,
        if measured.file { "file".to_owned() } else { format!("{} callers", measured.callers) },
        measured.triggers_per_s,
        measured.of_floor_serial,
        measured.floor_serial_per_s,
        measured.of_floor_batched,
        measured.floor_batched_per_s,
    ));
    for left in measured.beyond_topic_rows.iter().filter(|left| left.rows_per_trigger > 0.0) {
        output::note(&format!(
            "    {}: {:.2} rows and {:.0} bytes a trigger, {:.0} % of the batched floor's time",
            left.table,
            left.rows_per_trigger,
            left.bytes_per_trigger,
            left.share_of_time * 100.0,
        ));
    }
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Settings(error) => Self::Config(error),
            BenchError::Node(error) => Self::Node(error),
            BenchError::Store(error) => error.into(),
            BenchError::Trigger(error) => Self::Door(error),
            BenchError::Io(error) => Self::Io(error),
            BenchError::Workload { .. } => Self::Usage(error.to_string()),
            BenchError::Ended { .. } => Self::Check(error.to_string()),
        }
    }
}
