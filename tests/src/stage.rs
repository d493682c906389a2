//! A stage for tests of the engine: definitions in a few words, a clock that only moves when it is told to, ids that count.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{Duration, NaiveDate, NaiveDateTime};
use nightowl_core::compile::{Catalog, CatalogSource, TopicPlan};
use nightowl_core::engine::{Atomicity, Attempt, Engine, EngineSettings, TriggerError, TriggerOutcome, TriggerReport, TriggerRequest};
use nightowl_core::error::ErrorClass;
use nightowl_core::model::{Pipeline, Problems, Severity, Topic, TriggerType};
use nightowl_core::port::{Clock, ExternalCall, ExternalWriter, ExternalWriterError, IdSource, IdSourceError, UnitOfWork};
use nightowl_core::value::{Value, json::from_tagged};
use serde_json::{Value as Json, json};

/// The tenant of every stage.
pub const TENANT: &str = "1";
/// The first id; every id has as many digits, so that a test can find them in texts.
pub const FIRST_ID: i64 = 1_000_000_001;

const FAULT: u64 = 1;

/// A clock that stands still until it is told to sleep.
#[derive(Debug, Default)]
pub struct ManualClock {
    micros: AtomicU64,
    sleeps: Mutex<Vec<u64>>,
    /// Told by a troubled store: whether a transaction is open.
    pub transaction_open: Arc<AtomicBool>,
    slept_in_transaction: AtomicBool,
    /// The question for the time, counted from here, that ends in a panic; 0 for none.
    pub faulty_at: AtomicU64,
    /// How many seconds every question for the time takes.
    pub seconds_per_question: AtomicU64,
}

impl ManualClock {
    /// How long it was told to sleep, each time, in milliseconds.
    pub fn sleeps(&self) -> Vec<u64> {
        self.sleeps.lock().unwrap().clone()
    }

    /// Whether anybody slept while a transaction was open.
    pub fn slept_in_transaction(&self) -> bool {
        self.slept_in_transaction.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    pub fn advance_seconds(&self, seconds: u64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> NaiveDateTime {
        self.advance_seconds(self.seconds_per_question.load(Ordering::Relaxed));
        let left = self.faulty_at.load(Ordering::Relaxed);
        if left > 0 {
            self.faulty_at.fetch_sub(1, Ordering::Relaxed);
        }
        assert!(left != FAULT, "the clock is out of order");
        let began = NaiveDate::from_ymd_opt(2026, 1, 2).and_then(|day| day.and_hms_opt(3, 4, 5)).unwrap_or_default();
        began + Duration::microseconds(i64::try_from(self.micros.load(Ordering::Relaxed)).unwrap_or(0))
    }

    fn now_utc(&self) -> NaiveDateTime {
        Clock::now(self)
    }

    fn ticks(&self) -> u64 {
        self.micros.load(Ordering::Relaxed)
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        self.sleeps.lock().unwrap().push(duration_ms);
        self.micros.fetch_add(duration_ms * 1_000, Ordering::Relaxed);
        self.slept_in_transaction.fetch_or(self.transaction_open.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Ids that count.
#[derive(Debug)]
pub struct CountingIds(AtomicI64);

impl IdSource for CountingIds {
    fn next_id(&self) -> Result<i64, IdSourceError> {
        Ok(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Debug)]
struct NoWriter;

#[async_trait]
impl ExternalWriter for NoWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        let reason = "there is no world outside".to_owned();
        Err(ExternalWriterError { writer: call.writer.writer_code.clone(), reason, class: ErrorClass::Retry })
    }
}

/// An engine with definitions.
#[derive(Debug)]
pub struct Stage {
    /// The engine.
    pub engine: Engine,
    /// The definitions.
    pub catalog: Arc<Catalog>,
    /// What compiling them found.
    pub problems: Problems,
    /// The engine's clock.
    pub clock: Arc<ManualClock>,
}

impl Stage {
    /// A stage in a mode.
    pub fn new(mode: Atomicity, topics: &[Json], pipelines: &[Json]) -> Self {
        let mut problems = Problems::default();
        let source = CatalogSource {
            tenant_id: TENANT.to_owned(),
            topics: topics.iter().map(|json| Topic::read(json, &mut problems).unwrap()).collect(),
            pipelines: pipelines.iter().map(|json| (Pipeline::read(json, &mut problems).unwrap(), "0".repeat(64)).into()).collect(),
            ..CatalogSource::default()
        };
        let catalog = Arc::new(Catalog::compile(source, &mut problems));
        let clock = Arc::new(ManualClock::default());
        let settings = EngineSettings { atomicity: mode, ..EngineSettings::default() };
        let engine =
            Engine { settings, clock: Arc::<ManualClock>::clone(&clock), ids: Arc::new(CountingIds(AtomicI64::new(FIRST_ID))), writer: Arc::new(NoWriter) };
        Self { engine, catalog, problems, clock }
    }

    /// The codes of the mistakes that compiling found.
    pub fn codes(&self) -> Vec<&'static str> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).map(|problem| problem.code).collect()
    }

    /// A topic.
    pub fn topic(&self, name: &str) -> Arc<TopicPlan> {
        Arc::clone(self.catalog.topic_by_name(name).unwrap())
    }

    /// A trigger without a source position.
    pub fn request(&self, code: &str, trigger_type: TriggerType, data: &Json) -> TriggerRequest {
        let Ok(Value::Object(data)) = from_tagged(data) else { return self.request(code, trigger_type, &json!({})) };
        TriggerRequest {
            catalog: Arc::clone(&self.catalog),
            tenant_id: TENANT.into(),
            user_id: "tester".into(),
            pat_key_id: None,
            code: code.into(),
            trigger_type,
            data,
            trace_id: None,
            source: "test".into(),
            position_key: None,
            ordered: None,
            body_hash: None,
            keyed: None,
            deadline: None,
        }
    }

    /// An insert trigger with a source position.
    pub fn keyed(&self, code: &str, data: &Json, key: &str) -> TriggerRequest {
        TriggerRequest { position_key: Some(key.into()), ..self.request(code, TriggerType::Insert, data) }
    }

    /// Carries a trigger out.
    pub async fn trigger(&self, unit: &mut dyn UnitOfWork, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        self.engine.trigger(unit, request, Attempt::default()).await
    }

    /// Carries an insert trigger out that runs to its end.
    pub async fn insert(&self, unit: &mut dyn UnitOfWork, code: &str, data: Json) -> TriggerReport {
        match self.trigger(unit, &self.request(code, TriggerType::Insert, &data)).await.unwrap() {
            TriggerOutcome::Ran(report) => report,
            other => unreachable!("{other:?}"),
        }
    }
}

/// A topic whose id is its name, as are the ids of its factors: name, type, index group.
pub fn topic(name: &str, topic_type: &str, factors: &[(&str, &str, &str)]) -> Json {
    let factors: Vec<Json> = factors
        .iter()
        .map(|(name, kind, index)| json!({"factorId": name, "name": name, "type": kind, "indexGroup": (!index.is_empty()).then_some(index), "flatten": true}))
        .collect();
    json!({"topicId": name, "name": name, "type": topic_type, "kind": "business", "tenantId": TENANT, "factors": factors})
}

/// A pipeline of stages, each with its `dependsOn`, if any, and its units.
pub fn pipeline(id: &str, topic: &str, stages: &[Json]) -> Json {
    json!({"pipelineId": id, "topicId": topic, "name": id, "type": "insert-or-merge", "enabled": true, "validated": true, "tenantId": TENANT, "stages": stages})
}

/// A pipeline of one unit.
pub fn simple(id: &str, topic: &str, actions: &[Json]) -> Json {
    pipeline(id, topic, &[stage("s", &[unit(actions)])])
}

/// A stage.
pub fn stage(id: &str, units: &[Json]) -> Json {
    json!({"stageId": id, "name": id, "units": units})
}

/// A stage of a DAG, with one unit.
pub fn stage_after(id: &str, after: &[&str], actions: &[Json]) -> Json {
    json!({"stageId": id, "name": id, "dependsOn": after, "units": [unit(actions)]})
}

/// A unit.
pub fn unit(actions: &[Json]) -> Json {
    json!({"unitId": "u", "do": actions})
}

/// A unit that loops over a variable.
pub fn looping(variable: &str, actions: &[Json]) -> Json {
    json!({"unitId": "u", "loopVariableName": variable, "do": actions})
}

/// A constant.
pub fn constant(text: &str) -> Json {
    json!({"kind": "constant", "value": text})
}

fn mapping(pairs: &[(&str, &str)]) -> Json {
    pairs
        .iter()
        .map(|(factor, source)| {
            let (arithmetic, source) = source.split_once(':').filter(|(word, _)| ["sum", "count", "avg"].contains(word)).unwrap_or(("none", source));
            json!({"factorId": factor, "arithmetic": arithmetic, "source": constant(source)})
        })
        .collect()
}

fn by(topic: &str, pairs: &[(&str, &str)]) -> Json {
    let filters: Vec<Json> = pairs
        .iter()
        .map(|(factor, source)| json!({"left": {"kind": "topic", "topicId": topic, "factorId": factor}, "operator": "equals", "right": constant(source)}))
        .collect();
    json!({"jointType": "and", "filters": filters})
}

/// Inserts a row; a source `sum:{x}` adds up.
pub fn insert(topic: &str, pairs: &[(&str, &str)]) -> Json {
    json!({"actionId": format!("insert {topic}"), "type": "insert-row", "topicId": topic, "mapping": mapping(pairs)})
}

/// An action that writes a row which it finds first: `merge-row`, `insert-or-merge-row`.
pub fn merge(kind: &str, topic: &str, pairs: &[(&str, &str)], found_by: &[(&str, &str)]) -> Json {
    json!({"actionId": format!("{kind} {topic}"), "type": kind, "topicId": topic, "mapping": mapping(pairs), "by": by(topic, found_by)})
}

/// Reads a row, which fails where there is none, or rows, into a variable.
pub fn read(kind: &str, topic: &str, variable: &str, found_by: &[(&str, &str)]) -> Json {
    json!({"actionId": format!("{kind} {topic}"), "type": kind, "topicId": topic, "variableName": variable, "by": by(topic, found_by)})
}

/// Deletes a row, or rows.
pub fn delete(kind: &str, topic: &str, found_by: &[(&str, &str)]) -> Json {
    json!({"actionId": format!("{kind} {topic}"), "type": kind, "topicId": topic, "by": by(topic, found_by)})
}

/// Puts a value into a variable.
pub fn copy(variable: &str, source: &str) -> Json {
    json!({"actionId": format!("copy {variable}"), "type": "copy-to-memory", "variableName": variable, "source": constant(source)})
}

/// An action that fails: it reads a row that is not there.
pub fn fail(topic: &str, factor: &str) -> Json {
    read("read-row", topic, "nothing", &[(factor, "there is no such row")])
}
