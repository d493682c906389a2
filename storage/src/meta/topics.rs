//! Topics (storage.md §15.3 `topics`).

use nightowl_core::model::{Problems, Topic};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::content::without_version;
use super::row::{self, Cell, Row};
use super::table::{TOPICS, Table};
use super::tuple::{DefinitionKind, Mapped, MetaTuple};

impl MetaTuple for Topic {
    const KIND: &'static str = "topic";
    const NAME_COLUMN: &'static str = "name";
    const DEFINITION: Option<DefinitionKind> = Some(DefinitionKind::Topic);

    fn id(&self) -> String {
        self.topic_id.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        without_version(self.to_json())
    }
}

impl Mapped for Topic {
    fn table() -> &'static Table {
        &TOPICS
    }

    /// What the reference has stored is read as leniently as a file: a mistake is found when the topic is compiled.
    fn read(row: &Row, problems: &mut Problems) -> Result<Self, MetaError> {
        let json = json!({
            "topicId": row.text("topic_id"), "name": row.text("name"), "type": row.text("type"), "kind": row.text("kind"),
            "dataSourceId": row.optional("data_source_id"), "factors": row.json("factors"), "description": row.optional("description"),
            "tenantId": row.text("tenant_id"), "version": row.integer("version"),
        });
        Topic::read(&json, problems).ok_or_else(|| row.damaged("factors", "is no topic"))
    }

    fn cells(&self) -> Vec<Cell> {
        let json = self.to_json();
        vec![
            ("topic_id", row::text(&self.topic_id)),
            ("name", row::text(&self.name)),
            ("description", row::optional(self.description.as_deref())),
            ("type", row::text(self.topic_type.as_str())),
            ("kind", row::text(self.kind.as_str())),
            ("data_source_id", row::optional(self.data_source_id.as_deref())),
            ("factors", row::json(json.get("factors").unwrap_or(&Json::Null))),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}
