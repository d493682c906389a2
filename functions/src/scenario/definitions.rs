//! What the comparison has to know of a scenario's topics and pipelines.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::file::{DEFAULT_TENANT, Scenario};

/// Topics, pipelines and actions by their ids.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    topics: HashMap<String, TopicFacts>,
    actions: HashMap<String, ActionFacts>,
    pipelines: Vec<PipelineFacts>,
}

/// What matters of a topic.
#[derive(Debug, Clone, Default)]
pub(super) struct TopicFacts {
    /// Its name.
    pub(super) name: String,
    /// The symbol of its tenant.
    pub(super) tenant: String,
    /// Raw topics keep the document as it is: a boolean in it is one of JSON, not a column's.
    pub(super) raw: bool,
    boolean_ids: HashSet<String>,
    boolean_names: HashSet<String>,
}

impl TopicFacts {
    /// Whether a factor, given by its name, is a boolean.
    pub(super) fn has_boolean(&self, name: &str) -> bool {
        self.boolean_names.contains(name)
    }
}

/// What matters of an action.
#[derive(Debug, Clone)]
pub(super) struct ActionFacts {
    /// The topic that it reads or writes.
    pub(super) topic_id: Option<String>,
    /// The factor that it reads.
    pub(super) factor_id: Option<String>,
}

/// What matters of a pipeline.
#[derive(Debug, Clone)]
struct PipelineFacts {
    id: String,
    topic_id: String,
    kind: String,
    enabled: bool,
}

/// What was done to a row; it decides which pipelines of the topic run (engine.md §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowEvent {
    Insert,
    Merge,
    Delete,
}

impl Definitions {
    /// The definitions of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let topics = scenario.topics.iter().map(|topic| (text(topic, "topicId"), topic_facts(topic))).collect();
        let mut actions = HashMap::new();
        for pipeline in &scenario.pipelines {
            collect_actions(pipeline, &mut actions);
        }
        let pipelines = scenario.pipelines.iter().map(|pipeline| PipelineFacts {
            id: text(pipeline, "pipelineId"),
            topic_id: text(pipeline, "topicId"),
            kind: text(pipeline, "type"),
            enabled: pipeline.get("enabled").and_then(Json::as_bool).unwrap_or(false),
        });
        Self { topics, actions, pipelines: pipelines.collect() }
    }

    /// A topic by its id.
    pub(super) fn topic(&self, topic_id: &str) -> Option<&TopicFacts> {
        self.topics.get(topic_id)
    }

    /// The tenants and names of all topics, in no order.
    pub(super) fn topics(&self) -> impl Iterator<Item = &TopicFacts> {
        self.topics.values()
    }

    /// An action by its id.
    pub(super) fn action(&self, action_id: &str) -> Option<&ActionFacts> {
        self.actions.get(action_id)
    }

    /// The topic of an action.
    pub(super) fn topic_of_action(&self, action_id: &str) -> Option<&TopicFacts> {
        self.action(action_id).and_then(|action| action.topic_id.as_deref()).and_then(|topic_id| self.topic(topic_id))
    }

    /// Whether an action reads a single factor that is a boolean.
    pub(super) fn reads_boolean(&self, action_id: &str) -> bool {
        let factor_id = self.action(action_id).and_then(|action| action.factor_id.as_ref());
        let topic = self.topic_of_action(action_id);
        factor_id.zip(topic).is_some_and(|(factor_id, topic)| !topic.raw && topic.boolean_ids.contains(factor_id))
    }

    /// The pipelines that run when this happens to a row of a topic.
    pub(super) fn pipelines_fed_by(&self, topic_id: &str, event: RowEvent) -> HashSet<&str> {
        let runs = |kind: &str| match event {
            RowEvent::Insert => matches!(kind, "insert" | "insert-or-merge"),
            RowEvent::Merge => matches!(kind, "merge" | "insert-or-merge"),
            RowEvent::Delete => kind == "delete",
        };
        let fed = self.pipelines.iter().filter(|pipeline| pipeline.enabled && pipeline.topic_id == topic_id && runs(&pipeline.kind));
        fed.map(|pipeline| pipeline.id.as_str()).collect()
    }
}

fn topic_facts(topic: &Json) -> TopicFacts {
    let factors = topic.get("factors").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let booleans = || factors.iter().filter(|factor| text(factor, "type") == "boolean");
    TopicFacts {
        name: text(topic, "name"),
        tenant: topic.get("tenantId").and_then(Json::as_str).unwrap_or(DEFAULT_TENANT).to_owned(),
        raw: text(topic, "type") == "raw",
        boolean_ids: booleans().map(|factor| text(factor, "factorId")).collect(),
        boolean_names: booleans().map(|factor| text(factor, "name")).collect(),
    }
}

/// Actions stand in `stages[].units[].do`; whatever has an `actionId` is one.
fn collect_actions(json: &Json, actions: &mut HashMap<String, ActionFacts>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect_actions(item, actions)),
        Json::Object(members) => {
            if let Some(Json::String(action_id)) = members.get("actionId") {
                let id = |key: &str| members.get(key).and_then(Json::as_str).map(str::to_owned);
                actions.insert(action_id.clone(), ActionFacts { topic_id: id("topicId"), factor_id: id("factorId") });
            }
            members.values().for_each(|member| collect_actions(member, actions));
        }
        _ => {}
    }
}

fn text(json: &Json, key: &str) -> String {
    json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}
