//! Pipelines, stages, units (engine.md §1.4).

use serde_json::{Map, Value as Json, json};

use super::wire_enum::wire_enum;
use super::{Action, Joint, Place, Prerequisite, Problems, Reader, TriggerType};

wire_enum! {
    /// Which triggers of its topic a pipeline runs for.
    PipelineType {
        /// Inserted rows.
        Insert = "insert",
        /// Changed rows.
        Merge = "merge",
        /// Both.
        InsertOrMerge = "insert-or-merge",
        /// Deleted rows.
        Delete = "delete",
    }
}

impl PipelineType {
    /// Whether a pipeline of this type runs for an effective trigger type (engine.md §2.7).
    pub const fn runs_for(self, trigger: TriggerType) -> bool {
        match trigger {
            TriggerType::Insert => matches!(self, Self::Insert | Self::InsertOrMerge),
            TriggerType::Merge => matches!(self, Self::Merge | Self::InsertOrMerge),
            TriggerType::InsertOrMerge => matches!(self, Self::InsertOrMerge),
            TriggerType::Delete => matches!(self, Self::Delete),
        }
    }
}

/// A pipeline definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its id.
    pub pipeline_id: String,
    /// The topic whose rows trigger it.
    pub topic_id: String,
    /// Its name.
    pub name: String,
    /// Which triggers it runs for.
    pub pipeline_type: PipelineType,
    /// When it runs.
    pub prerequisite: Prerequisite,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// Whether it runs at all.
    pub enabled: bool,
    /// Kept, and ignored by the engine.
    pub validated: bool,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
    /// Optimistic lock of the definition.
    pub version: i64,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its id.
    pub stage_id: String,
    /// Its name.
    pub name: Option<String>,
    /// When it runs.
    pub prerequisite: Prerequisite,
    /// Its units.
    pub units: Vec<Unit>,
    /// The stages that have to end before it; `None` where the key is missing (engine.md §3.11, rule 13).
    pub depends_on: Option<Vec<String>>,
}

/// A unit of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub unit_id: String,
    /// Its name.
    pub name: Option<String>,
    /// When it runs.
    pub prerequisite: Prerequisite,
    /// The variable over whose elements it loops.
    pub loop_variable_name: Option<String>,
    /// Its actions (`do`).
    pub actions: Vec<Action>,
}

impl Pipeline {
    /// Reads a pipeline from its wire JSON and notes what is wrong with it.
    pub fn read(json: &Json, problems: &mut Problems) -> Option<Self> {
        let label = json.get("name").or_else(|| json.get("pipelineId")).and_then(Json::as_str).unwrap_or("?");
        let mut reader = Reader::new(json, Place::tuple("pipeline", label), problems)?;
        Some(Self {
            pipeline_id: reader.filled("pipelineId").unwrap_or_default(),
            topic_id: reader.required("topicId"),
            name: reader.text("name").unwrap_or_default(),
            pipeline_type: reader.choice("type").unwrap_or(PipelineType::InsertOrMerge),
            prerequisite: Prerequisite::read(&mut reader),
            stages: reader.list("stages", "stage", Stage::read),
            enabled: reader.flag("enabled").unwrap_or(false),
            validated: reader.flag("validated").unwrap_or(false),
            tenant_id: reader.filled("tenantId"),
            version: reader.integer("version").unwrap_or(1),
        })
    }

    /// The place of the pipeline, for problems.
    pub fn place(&self) -> Place {
        Place::tuple("pipeline", if self.name.trim().is_empty() { &self.pipeline_id } else { &self.name })
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        json!({
            "pipelineId": self.pipeline_id, "topicId": self.topic_id, "name": self.name, "type": self.pipeline_type.as_str(),
            "conditional": self.prerequisite.conditional, "on": self.prerequisite.on.as_ref().map(Joint::to_json),
            "stages": self.stages.iter().map(Stage::to_json).collect::<Vec<_>>(), "enabled": self.enabled, "validated": self.validated,
            "tenantId": self.tenant_id, "version": self.version,
        })
    }
}

impl Stage {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        name_place(reader, "stage", "stageId");
        Some(Self {
            stage_id: reader.filled("stageId").unwrap_or_default(),
            name: reader.text("name"),
            prerequisite: Prerequisite::read(reader),
            units: reader.list("units", "unit", Unit::read),
            depends_on: reader.raw("dependsOn").is_some().then(|| reader.texts("dependsOn")),
        })
    }

    fn to_json(&self) -> Json {
        let mut object = Map::new();
        object.insert("stageId".into(), json!(self.stage_id));
        object.insert("name".into(), json!(self.name));
        object.insert("conditional".into(), json!(self.prerequisite.conditional));
        object.insert("on".into(), json!(self.prerequisite.on.as_ref().map(Joint::to_json)));
        object.insert("units".into(), Json::Array(self.units.iter().map(Unit::to_json).collect()));
        if let Some(stages) = &self.depends_on {
            object.insert("dependsOn".into(), json!(stages));
        }
        Json::Object(object)
    }
}

impl Unit {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        name_place(reader, "unit", "unitId");
        Some(Self {
            unit_id: reader.filled("unitId").unwrap_or_default(),
            name: reader.text("name"),
            prerequisite: Prerequisite::read(reader),
            loop_variable_name: reader.filled("loopVariableName"),
            actions: reader.list("do", "action", |below| {
                name_place(below, "action", "actionId");
                Action::read(below)
            }),
        })
    }

    fn to_json(&self) -> Json {
        json!({
            "unitId": self.unit_id, "name": self.name, "conditional": self.prerequisite.conditional,
            "on": self.prerequisite.on.as_ref().map(Joint::to_json), "loopVariableName": self.loop_variable_name,
            "do": self.actions.iter().map(Action::to_json).collect::<Vec<_>>(),
        })
    }
}

/// Puts the name or id of an element into its place, where it has one.
fn name_place(reader: &mut Reader<'_>, kind: &str, id_key: &str) {
    let name = [reader.raw("name"), reader.raw(id_key)].into_iter().flatten().filter_map(Json::as_str).find(|text| !text.trim().is_empty());
    if let Some(name) = name {
        let place = reader.place().parent().named(kind, name);
        reader.set_place(place);
    }
}
