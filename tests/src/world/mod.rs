//! A small world for the engine: definitions out of a JSON document, a clock that stands still, ids that count up, and
//! stores that vanish. The same definitions and the same triggers give the same rows in it, down to the last id.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as expected")]

mod stores;
mod surroundings;

use std::sync::Arc;

use nightowl_core::compile::{Catalog, CatalogSource, EnabledWriters, RealColumns, TopicPlan};
use nightowl_core::engine::{Attempt, Engine, EngineSettings, TriggerError, TriggerOutcome, TriggerReport, TriggerRequest};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::model::{Definitions, Problem, Problems, Severity, TriggerType};
use nightowl_core::port::{Criterion, Query, UnitOfWork};
use nightowl_core::value::encryption::AesKey;
use nightowl_core::value::{Object, Value, read_json};
use serde_json::Value as Json;

pub use stores::{on_server, on_sqlite, run};
pub use surroundings::{Counter, NoWriter, StoppedClock};

/// Definitions, and an engine that runs them.
#[derive(Debug, Clone)]
pub struct World {
    /// The engine.
    pub engine: Engine,
    /// The definitions, compiled.
    pub catalog: Arc<Catalog>,
    /// What was found wrong with them.
    pub problems: Vec<Problem>,
    tenant: Arc<str>,
}

impl World {
    /// A world of these definitions for a tenant; an encrypted factor uses the key that values.md §8 prints.
    pub fn new(tenant: &str, definitions: &Json, settings: EngineSettings) -> Self {
        let mut problems = Problems::default();
        let Definitions { topics, pipelines, external_writers, .. } = Definitions::read(definitions, "test", &mut problems);
        let source = CatalogSource {
            tenant_id: tenant.to_owned(),
            topics,
            pipelines: pipelines.into_iter().map(|pipeline| (pipeline, String::new()).into()).collect(),
            external_writers,
            enabled_writers: EnabledWriters::default(),
            data_sources: Vec::new(),
            real_columns: RealColumns::new(),
            aes_key: AesKey::new("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", "J@NcRfUjXn2r5u8x").ok(),
            dates: settings.dates.clone(),
        };
        let catalog = Arc::new(Catalog::compile(source, &mut problems));
        let engine = Engine { settings, clock: Arc::new(StoppedClock), ids: Arc::new(Counter::default()), writer: Arc::new(NoWriter) };
        Self { engine, catalog, problems: problems.iter().cloned().collect(), tenant: tenant.into() }
    }

    /// A world whose definitions have to be without an error; what lint only warns of runs.
    pub fn sound(tenant: &str, definitions: &Json, settings: EngineSettings) -> Self {
        let world = Self::new(tenant, definitions, settings);
        let mistakes: Vec<String> = world.problems.iter().filter(|problem| problem.severity == Severity::Error).map(ToString::to_string).collect();
        assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
        world
    }

    /// The same definitions with ids that begin anew.
    #[must_use]
    pub fn afresh(&self) -> Self {
        let mut world = self.clone();
        world.engine.ids = Arc::new(Counter::default());
        world
    }

    /// The topics, as stores have to know them.
    pub fn topics(&self) -> Vec<Arc<TopicPlan>> {
        self.catalog.topics().map(Arc::clone).collect()
    }

    /// A topic by its name.
    pub fn topic(&self, name: &str) -> &Arc<TopicPlan> {
        self.catalog.topic_by_name(name).unwrap_or_else(|| panic!("there is no topic {name}"))
    }

    /// A trigger.
    pub fn request(&self, code: &str, trigger_type: TriggerType, data: Object) -> TriggerRequest {
        TriggerRequest {
            catalog: Arc::clone(&self.catalog),
            tenant_id: Arc::clone(&self.tenant),
            user_id: "1".into(),
            pat_key_id: None,
            code: code.into(),
            trigger_type,
            data,
            trace_id: Some("trace".into()),
            source: "direct".into(),
            position_key: None,
            ordered: None,
            body_hash: None,
            keyed: None,
            deadline: None,
        }
    }

    /// Carries out one trigger.
    pub async fn fire(&self, unit: &mut dyn UnitOfWork, code: &str, trigger_type: TriggerType, data: Object) -> Result<TriggerReport, TriggerError> {
        match self.engine.trigger(unit, &self.request(code, trigger_type, data), Attempt::default()).await? {
            TriggerOutcome::Ran(report) => Ok(report),
            TriggerOutcome::Accepted(accepted) => panic!("a trigger that runs whole left its cascade behind: {accepted:?}"),
            TriggerOutcome::Replayed(earlier) => panic!("a trigger without a position was taken for {earlier:?}"),
            TriggerOutcome::Passed => panic!("a trigger without a position was taken for one of an ordered source"),
        }
    }

    /// All rows of a topic, in the order of their ids.
    pub async fn rows(&self, unit: &mut dyn UnitOfWork, topic: &str) -> Vec<Object> {
        let query = Query { topic: self.topic(topic), tenant_id: &self.tenant, criterion: Criterion::Always(true), limit: usize::MAX, lock: false };
        unit.find(&query).await.unwrap()
    }
}

/// An object of its JSON text, with exact numbers.
pub fn object(text: &str) -> Object {
    match read_json(text, JSON_DEPTH) {
        Ok(Value::Object(object)) => object,
        other => panic!("{text}: {other:?}"),
    }
}
