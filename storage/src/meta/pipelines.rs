//! Pipelines (storage.md §15.3 `pipelines`).

use nightowl_core::model::{Pipeline, Problems};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::content::without_version;
use super::row::{self, Cell, Row};
use super::table::{PIPELINES, Table};
use super::tuple::{DefinitionKind, Mapped, MetaTuple};

impl MetaTuple for Pipeline {
    const KIND: &'static str = "pipeline";
    const NAME_COLUMN: &'static str = "name";
    const DEFINITION: Option<DefinitionKind> = Some(DefinitionKind::Pipeline);

    fn id(&self) -> String {
        self.pipeline_id.clone()
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

impl Mapped for Pipeline {
    fn table() -> &'static Table {
        &PIPELINES
    }

    /// What the reference has stored is read as leniently as a file: a mistake is found when the pipeline is compiled.
    fn read(row: &Row, problems: &mut Problems) -> Result<Self, MetaError> {
        let json = json!({
            "pipelineId": row.text("pipeline_id"), "topicId": row.text("topic_id"), "name": row.text("name"), "type": row.text("type"),
            "conditional": row.flag("prerequisite_enabled"), "on": row.json("prerequisite_on"), "stages": row.json("stages"),
            "enabled": row.flag("enabled"), "validated": row.flag("validated"), "tenantId": row.text("tenant_id"),
            "version": row.integer("version"),
        });
        Pipeline::read(&json, problems).ok_or_else(|| row.damaged("stages", "is no pipeline"))
    }

    fn cells(&self) -> Vec<Cell> {
        let json = self.to_json();
        let part = |key: &str| row::json(json.get(key).unwrap_or(&Json::Null));
        vec![
            ("pipeline_id", row::text(&self.pipeline_id)),
            ("topic_id", row::text(&self.topic_id)),
            ("name", row::text(&self.name)),
            ("type", row::text(self.pipeline_type.as_str())),
            ("prerequisite_enabled", row::flag(self.prerequisite.conditional)),
            ("prerequisite_on", part("on")),
            ("stages", part("stages")),
            ("enabled", row::flag(self.enabled)),
            ("validated", row::flag(self.validated)),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}
