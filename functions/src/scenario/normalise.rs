//! The normal form of rows and logs: what differs from run to run goes, what means the same looks the same
//! (scenarios/README.md, "Normalisation of `expect`"). Both sides of a comparison are brought into it.

use serde_json::{Map, Value as Json};

use super::definitions::{Definitions, TopicFacts};
use super::scalar::{self, Precision};

/// Columns that are never compared.
const FIXED: [&str; 5] = ["id_", "version_", "tenant_id_", "insert_time_", "update_time_"];
/// Keys of a log that differ from run to run.
const PASSING: [&str; 5] = ["uid", "traceId", "dataId", "startTime", "spentInMills"];
/// Keys of a log that say nothing when they are null.
const NULL_IS_NOTHING: [&str; 5] = ["error", "findBy", "definedAs", "prerequisiteDefinedAs", "tenantId"];
/// Counts, which say nothing when they are 0.
const COUNTS: [&str; 3] = ["insertCount", "updateCount", "deleteCount"];
/// A tenant id shorter than this is not looked for inside texts: it would be found in too many.
const SHORTEST_TENANT_ID: usize = 6;

/// Brings rows and logs of one scenario into their normal form.
#[derive(Debug, Clone)]
pub struct Normaliser {
    definitions: Definitions,
    tenant_ids: Vec<(String, String)>,
    defined_as: bool,
}

impl Normaliser {
    /// For a scenario's definitions. `tenant_ids` are pairs of a generated id and its tenant's symbol; `defined_as` keeps
    /// definitions in logs.
    pub const fn new(definitions: Definitions, tenant_ids: Vec<(String, String)>, defined_as: bool) -> Self {
        Self { definitions, tenant_ids, defined_as }
    }

    /// The definitions that it goes by.
    pub const fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// A row of a topic's table. `topic` is the key in `expect.topics`.
    pub fn row(&self, topic: &str, row: &Json) -> Json {
        let (tenant, name) = topic.split_once(':').unwrap_or((super::DEFAULT_TENANT, topic));
        let facts = self.definitions.topics().find(|facts| facts.name == name && facts.tenant == tenant);
        let Json::Object(members) = row else {
            return self.value(row, Precision::Exact);
        };
        let kept = members.iter().filter(|(key, _)| !is_dropped(key));
        let normal = kept.map(|(key, value)| {
            let boolean = facts.is_some_and(|facts| facts.has_boolean(key));
            (key.clone(), self.member(value, boolean, Precision::Exact))
        });
        Json::Object(normal.collect())
    }

    /// A monitor log. A trigger number in it stays.
    pub fn log(&self, log: &Json) -> Json {
        let topic_id = log.get("topicId").and_then(Json::as_str).unwrap_or_default();
        let topic = self.definitions.topic(topic_id);
        self.node(log, |key, value| match key {
            "oldValue" | "newValue" => self.row_of(topic, value),
            "stages" => self.list(value, |stage| self.stage(stage)),
            _ => self.value(value, Precision::Double),
        })
    }

    fn stage(&self, stage: &Json) -> Json {
        self.node(stage, |key, value| match key {
            "units" => self.list(value, |unit| self.unit(unit)),
            _ => self.value(value, Precision::Double),
        })
    }

    fn unit(&self, unit: &Json) -> Json {
        let mut normal = self.node(unit, |key, value| match key {
            "actions" => self.list(value, |action| self.action(action)),
            "loopVariableValue" => self.row_of(None, value),
            _ => self.value(value, Precision::Double),
        });
        if let Json::Object(members) = &mut normal
            && members.get("loopVariableName").is_none_or(Json::is_null)
        {
            members.shift_remove("loopVariableName");
            members.shift_remove("loopVariableValue");
        }
        normal
    }

    fn action(&self, action: &Json) -> Json {
        let action_id = action.get("actionId").and_then(Json::as_str).unwrap_or_default();
        self.node(action, |key, value| match key {
            "touched" => self.touched(action_id, value),
            _ => self.value(value, Precision::Double),
        })
    }

    /// `{"data": …}` with a row, a list of rows, a value or a list of values in it (engine.md §5.1).
    fn touched(&self, action_id: &str, touched: &Json) -> Json {
        let Json::Object(members) = touched else {
            return self.value(touched, Precision::Double);
        };
        let topic = self.definitions.topic_of_action(action_id);
        let boolean = self.definitions.reads_boolean(action_id);
        let element = |value: &Json| match value {
            Json::Object(_) => self.row_of(topic, value),
            _ => self.member(value, boolean, Precision::Double),
        };
        let normal = members.iter().map(|(key, value)| {
            let value = if value.is_array() { self.list(value, element) } else { element(value) };
            (key.clone(), value)
        });
        Json::Object(normal.collect())
    }

    /// A level of a log: what passes goes, what says nothing goes, the rest is told by `member`.
    fn node(&self, node: &Json, member: impl Fn(&str, &Json) -> Json) -> Json {
        let Json::Object(members) = node else {
            return self.value(node, Precision::Double);
        };
        let kept = members.iter().filter(|(key, value)| {
            let key = key.as_str();
            let says_nothing =
                (NULL_IS_NOTHING.contains(&key) && value.is_null()) || (COUNTS.contains(&key) && matches!(value, Json::Number(count) if count.as_str() == "0"));
            let definition = matches!(key, "definedAs" | "prerequisiteDefinedAs");
            !PASSING.contains(&key) && !says_nothing && (self.defined_as || !definition)
        });
        Json::Object(kept.map(|(key, value)| (key.clone(), member(key, value))).collect())
    }

    fn list(&self, value: &Json, element: impl Fn(&Json) -> Json) -> Json {
        match value {
            Json::Array(items) => Json::Array(items.iter().map(element).collect()),
            other => self.value(other, Precision::Double),
        }
    }

    /// A row inside a log.
    fn row_of(&self, topic: Option<&TopicFacts>, row: &Json) -> Json {
        let Json::Object(members) = row else {
            return self.value(row, Precision::Double);
        };
        let kept = members.iter().filter(|(key, _)| !is_dropped(key));
        let normal = kept.map(|(key, value)| {
            let boolean = topic.is_some_and(|topic| !topic.raw && topic.has_boolean(key));
            (key.clone(), self.member(value, boolean, Precision::Double))
        });
        Json::Object(normal.collect())
    }

    /// A column. Columns of boolean factors are 0/1 on one store and true/false on another (decisions.md).
    fn member(&self, value: &Json, boolean: bool, precision: Precision) -> Json {
        match value {
            Json::Bool(flag) if boolean => scalar::number(if *flag { "1" } else { "0" }, precision),
            Json::Array(items) if boolean => Json::Array(items.iter().map(|item| self.member(item, boolean, precision)).collect()),
            _ => self.value(value, precision),
        }
    }

    fn value(&self, value: &Json, precision: Precision) -> Json {
        match value {
            Json::Null | Json::Bool(_) => value.clone(),
            Json::Number(digits) => scalar::number(digits.as_str(), precision),
            Json::String(text) => Json::String(self.text(text)),
            Json::Array(items) => Json::Array(items.iter().map(|item| self.value(item, precision)).collect()),
            Json::Object(members) => Json::Object(self.object(members, precision)),
        }
    }

    fn object(&self, members: &Map<String, Json>, precision: Precision) -> Map<String, Json> {
        let kept = members.iter().filter(|(key, _)| !is_aid(key));
        kept.map(|(key, value)| (key.clone(), self.value(value, precision))).collect()
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (tenant_id, symbol) in &self.tenant_ids {
            if tenant_id.len() >= SHORTEST_TENANT_ID && text.contains(tenant_id) {
                text = text.replace(tenant_id, &format!("<tenant:{symbol}>"));
            }
        }
        scalar::text(&text)
    }
}

fn is_dropped(key: &str) -> bool {
    FIXED.contains(&key) || is_aid(key)
}

/// Ids that the engine puts into objects of raw data (engine.md, `aid_me`, `aid_root`).
fn is_aid(key: &str) -> bool {
    key.starts_with("aid_")
}
