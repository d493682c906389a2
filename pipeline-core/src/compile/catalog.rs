//! The catalog: everything of one tenant, compiled, immutable (engine.md §3.1).
//!
//! A change of a definition builds a new catalog and swaps it in; a running trigger keeps the one that it started with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::abroad::{AbroadByTopic, reached};
use super::shared_rows::SharedRows;
use super::{Abroad, ColumnKind, EnabledWriters, PipelinePlan, TopicPlan, Topics, check};
use crate::model::builtin::MONITOR_LOG_TOPIC;
use crate::model::{DataSource, ExternalWriterDefinition, Pipeline, Place, Problems, Topic, TopicKind, TriggerType};
use crate::value::DateFormats;
use crate::value::encryption::AesKey;

/// What a catalog is compiled from.
#[derive(Debug, Default)]
pub struct CatalogSource {
    /// The tenant.
    pub tenant_id: String,
    /// Its topics.
    pub topics: Vec<Topic>,
    /// Its pipelines.
    pub pipelines: Vec<PipelineSource>,
    /// Its external writers.
    pub external_writers: Vec<ExternalWriterDefinition>,
    /// Which types of external writers there are.
    pub enabled_writers: EnabledWriters,
    /// Its data sources, as far as they are known.
    pub data_sources: Vec<DataSource>,
    /// What its factors are encrypted with: its own key, else the global one.
    pub aes_key: Option<AesKey>,
    /// How date literals in definitions are read.
    pub dates: DateFormats,
    /// What the columns of tables that others made really hold.
    pub real_columns: RealColumns,
}

/// What columns of tables that others made really hold, by data source (`None` is the default store), table and column:
/// that decides, not the definition (storage.md §12.8).
pub type RealColumns = BTreeMap<(Option<String>, String), BTreeMap<String, ColumnKind>>;

/// A pipeline with what is known of it before it is compiled.
#[derive(Debug, Clone)]
pub struct PipelineSource {
    /// The definition, as far as it could be read.
    pub definition: Pipeline,
    /// The hash of its content (hex SHA-256), to which its logs refer.
    pub hash: String,
    /// What could not be read of it. With an error the pipeline is broken: what is left must not run as if it were all
    /// of it (D-02).
    pub problems: Problems,
}

impl From<(Pipeline, String)> for PipelineSource {
    /// A pipeline that was read without a mistake.
    fn from((definition, hash): (Pipeline, String)) -> Self {
        Self { definition, hash, problems: Problems::default() }
    }
}

/// All definitions of one tenant, compiled.
#[derive(Debug)]
pub struct Catalog {
    tenant_id: Arc<str>,
    topics: BTreeMap<Arc<str>, Arc<TopicPlan>>,
    names: BTreeMap<Arc<str>, Arc<TopicPlan>>,
    pipelines: BTreeMap<Arc<str>, Arc<PipelinePlan>>,
    by_topic: BTreeMap<Arc<str>, Vec<Arc<PipelinePlan>>>,
    writers: BTreeMap<Arc<str>, ExternalWriterDefinition>,
    enabled_writers: EnabledWriters,
    aes_key: Option<AesKey>,
    dates: DateFormats,
    shared_rows: SharedRows,
    abroad: AbroadByTopic,
}

impl Catalog {
    /// Compiles the definitions of a tenant. A pipeline that does not compile stays in it as broken, so that a run of it
    /// gives an ERROR log (D-02). All problems are noted; what a check finds breaks no pipeline.
    pub fn compile(source: CatalogSource, problems: &mut Problems) -> Self {
        let CatalogSource { tenant_id, topics, pipelines, external_writers, enabled_writers, data_sources, aes_key, dates, real_columns } = source;
        let mut plans: BTreeMap<Arc<str>, Arc<TopicPlan>> = BTreeMap::new();
        let mut names: BTreeMap<Arc<str>, Arc<TopicPlan>> = BTreeMap::new();
        for topic in &topics {
            let mut plan = TopicPlan::compile(topic, &tenant_id, &dates, problems);
            if let Some(columns) = real_columns.get(&(topic.data_source_id.clone(), plan.table.clone())) {
                plan.take_real_columns(columns);
            }
            let source = data_sources.iter().find(|source| Some(&source.data_source_id) == topic.data_source_id.as_ref());
            if source.is_some_and(|source| source.data_source_type.is_object_store()) {
                plan.archive = plan.data_source_id.take();
            }
            let plan = Arc::new(plan);
            if names.insert(Arc::clone(&plan.name), Arc::clone(&plan)).is_some() {
                problems.error(
                    "definition-name-taken",
                    &Place::tuple("topic", &topic.name),
                    "another topic of the tenant has this name",
                    "give one of them another name",
                );
            }
            if plans.insert(Arc::clone(&plan.topic_id), plan).is_some() {
                problems.error(
                    "definition-id-taken",
                    &Place::tuple("topic", &topic.name),
                    format!("another topic has the id \"{}\"", topic.topic_id),
                    "give one of them another id",
                );
            }
        }
        let writers: BTreeMap<Arc<str>, ExternalWriterDefinition> =
            external_writers.into_iter().map(|writer| (Arc::from(writer.writer_id.as_str()), writer)).collect();
        let mut catalog = Self {
            tenant_id: tenant_id.into(),
            topics: plans,
            names,
            pipelines: BTreeMap::new(),
            by_topic: BTreeMap::new(),
            writers,
            enabled_writers,
            aes_key,
            dates,
            shared_rows: SharedRows::default(),
            abroad: AbroadByTopic::default(),
        };
        for pipeline in pipelines {
            let place = pipeline.definition.place();
            let plan = Arc::new(PipelinePlan::compile(pipeline, &catalog, problems));
            catalog.by_topic.entry(Arc::clone(&plan.topic_id)).or_default().push(Arc::clone(&plan));
            if catalog.pipelines.insert(Arc::clone(&plan.pipeline_id), plan).is_some() {
                problems.error("definition-id-taken", &place, "another pipeline has this id", "give one of them another id");
            }
        }
        for plans in catalog.by_topic.values_mut() {
            plans.sort_by(|left, right| compare_ids(&left.pipeline_id, &right.pipeline_id));
        }
        catalog.shared_rows = SharedRows::of(catalog.pipelines.values().map(|plan| &**plan));
        catalog.abroad = AbroadByTopic::of(&catalog);
        check::run(&catalog, &data_sources, problems);
        catalog
    }

    /// The tenant.
    pub const fn tenant_id(&self) -> &Arc<str> {
        &self.tenant_id
    }

    /// A topic by its id.
    pub fn topic(&self, topic_id: &str) -> Option<&Arc<TopicPlan>> {
        self.topics.get(topic_id)
    }

    /// A topic by its name, which is case-sensitive.
    pub fn topic_by_name(&self, name: &str) -> Option<&Arc<TopicPlan>> {
        self.names.get(name)
    }

    /// All topics, in the order of their ids.
    pub fn topics(&self) -> impl Iterator<Item = &Arc<TopicPlan>> {
        self.topics.values()
    }

    /// A pipeline by its id.
    pub fn pipeline(&self, pipeline_id: &str) -> Option<&Arc<PipelinePlan>> {
        self.pipelines.get(pipeline_id)
    }

    /// All pipelines, in the order of their ids.
    pub fn pipelines(&self) -> impl Iterator<Item = &Arc<PipelinePlan>> {
        self.pipelines.values()
    }

    /// The enabled pipelines that run for an effective trigger type on a topic, by `pipelineId` ascending (D-08).
    pub fn pipelines_for(&self, topic_id: &str, trigger_type: TriggerType) -> impl Iterator<Item = &Arc<PipelinePlan>> {
        let plans = self.by_topic.get(topic_id).map(Vec::as_slice).unwrap_or_default();
        plans.iter().filter(move |plan| plan.enabled && plan.pipeline_type.runs_for(trigger_type))
    }

    /// A number that topics share whose cascades may change the same rows; none where a topic's cascade only inserts
    /// (engine.md §3.11, rule 7).
    pub fn shared_rows(&self, topic_id: &str) -> Option<usize> {
        self.shared_rows.set(topic_id)
    }

    /// All enabled pipelines of a topic, whatever triggers them.
    pub(crate) fn all_pipelines_for(&self, topic_id: &str) -> impl Iterator<Item = &Arc<PipelinePlan>> {
        self.by_topic.get(topic_id).map(Vec::as_slice).unwrap_or_default().iter().filter(|plan| plan.enabled)
    }

    /// What the cascade of a row of a topic reaches on other data sources before it leaves the topic's own; mostly nothing
    /// (engine.md §3.11, rule 2).
    pub fn abroad(&self, topic_id: &str) -> &Abroad {
        self.abroad.get(topic_id)
    }

    /// What is left of a cascade that began with a row of a topic may reach where it goes on: pipelines that wait, and
    /// everything that the topic leads to.
    pub(crate) fn abroad_from<'a>(&'a self, topic_id: &str, waiting: impl Iterator<Item = &'a Arc<PipelinePlan>>, home: &Option<Arc<str>>) -> Abroad {
        if !self.abroad.any() {
            return Abroad::default();
        }
        reached(self, waiting.chain(self.all_pipelines_for(topic_id)), home, |_| true)
    }

    /// An external writer by its id.
    pub fn writer(&self, writer_id: &str) -> Option<&ExternalWriterDefinition> {
        self.writers.get(writer_id)
    }

    /// Which types of external writers there are.
    pub const fn enabled_writers(&self) -> &EnabledWriters {
        &self.enabled_writers
    }

    /// The topic that each kept log is an insert trigger on: there where it lives somewhere and a pipeline waits for it
    /// (engine.md §5.2).
    pub fn monitor_topic(&self) -> Option<&Arc<TopicPlan>> {
        let topic = self.topic_by_name(MONITOR_LOG_TOPIC).filter(|topic| topic.kind == TopicKind::System && topic.has_data_source())?;
        self.pipelines_for(&topic.topic_id, TriggerType::Insert).next().map(|_| topic)
    }

    /// How date literals in definitions are read.
    pub const fn dates(&self) -> &DateFormats {
        &self.dates
    }

    /// What factors of the tenant are encrypted with.
    pub const fn aes_key(&self) -> Option<&AesKey> {
        self.aes_key.as_ref()
    }
}

impl Topics for Catalog {
    fn topic(&self, topic_id: &str) -> Option<&TopicPlan> {
        self.topics.get(topic_id).map(|plan| &**plan)
    }
}

/// Ids in ascending order: by number when both are numeric, else as text (D-08).
fn compare_ids(left: &str, right: &str) -> std::cmp::Ordering {
    match (left.parse::<u128>(), right.parse::<u128>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}
