//! Topics: the tables of the engine (engine.md §1.2).

use serde_json::{Value as Json, json};

use super::wire_enum::wire_enum;
use super::{Factor, Place, Problems, Reader};

wire_enum! {
    /// How a topic's rows are kept.
    TopicType {
        /// One JSON document a row, plus columns for flattened factors.
        Raw = "raw",
        /// One column a factor.
        Meta = "meta",
        /// One column a factor.
        Distinct = "distinct",
        /// One column a factor, versioned, with aggregate assist.
        Aggregate = "aggregate",
        /// As aggregate.
        Time = "time",
        /// As aggregate.
        Ratio = "ratio",
    }
}

impl TopicType {
    /// Whether rows carry `version_` and `aggregate_assist_`.
    pub const fn is_aggregation(self) -> bool {
        matches!(self, Self::Aggregate | Self::Time | Self::Ratio)
    }
}

wire_enum! {
    /// What a topic is to the engine.
    TopicKind {
        /// Never encrypted, runs on it are not logged.
        System = "system",
        /// Normal.
        Business = "business",
        /// An existing table; only insert triggers, nothing is saved.
        Synonym = "synonym",
    }
}

/// A topic definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its id.
    pub topic_id: String,
    /// Its name: what a trigger's `code` names.
    pub name: String,
    /// How rows are kept.
    pub topic_type: TopicType,
    /// What it is to the engine.
    pub kind: TopicKind,
    /// Where its rows live; `None` is the default store, or nowhere for built-in system topics.
    pub data_source_id: Option<String>,
    /// Its members.
    pub factors: Vec<Factor>,
    /// For people.
    pub description: Option<String>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// Optimistic lock of the definition.
    pub version: i64,
}

impl Topic {
    /// Reads a topic from its wire JSON and notes what is wrong with it.
    pub fn read(json: &Json, problems: &mut Problems) -> Option<Self> {
        let label = json.get("name").or_else(|| json.get("topicId")).and_then(Json::as_str).unwrap_or("?");
        let mut reader = Reader::new(json, Place::tuple("topic", label), problems)?;
        Some(Self {
            topic_id: reader.filled("topicId").unwrap_or_default(),
            name: reader.required("name"),
            topic_type: reader.choice("type").unwrap_or(TopicType::Distinct),
            kind: reader.choice("kind").unwrap_or(TopicKind::Business),
            data_source_id: reader.filled("dataSourceId"),
            factors: reader.list("factors", "factor", Factor::read),
            description: reader.text("description"),
            tenant_id: reader.filled("tenantId"),
            version: reader.integer("version").unwrap_or(1),
        })
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        json!({
            "topicId": self.topic_id, "name": self.name, "type": self.topic_type.as_str(), "kind": self.kind.as_str(),
            "dataSourceId": self.data_source_id, "factors": self.factors.iter().map(Factor::to_json).collect::<Vec<_>>(),
            "description": self.description, "tenantId": self.tenant_id, "version": self.version,
        })
    }

    /// The physical table (storage.md §11.1).
    pub fn table_name(&self) -> String {
        let name = self.name.trim().to_lowercase();
        match self.kind {
            TopicKind::Synonym => name,
            TopicKind::System | TopicKind::Business => format!("topic_{name}"),
        }
    }
}
