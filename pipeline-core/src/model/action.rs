//! Actions: what a unit does (engine.md §1.5).

use serde_json::{Value as Json, json};

use super::wire_enum::wire_enum;
use super::{Joint, Parameter, Prerequisite, Reader};

wire_enum! {
    /// How a mapped value is put together with what is there.
    #[derive(Default)]
    AggregateArithmetic {
        /// Replaced.
        #[default]
        None = "none",
        /// How many.
        Count = "count",
        /// Their sum.
        Sum = "sum",
        /// Their mean.
        Avg = "avg",
    }
}

wire_enum! {
    /// How aggregates take a changed trigger (engine.md §3.9).
    AccumulateMode {
        /// Add the current, take away the previous.
        Standard = "standard",
        /// Take away the previous.
        Reverse = "reverse",
        /// Add the current.
        Cumulate = "cumulate",
    }
}

wire_enum! {
    /// How bad an alarm is.
    AlarmSeverity {
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Critical.
        Critical = "critical",
    }
}

/// One mapped factor of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingFactor {
    /// The written factor.
    pub factor_id: String,
    /// Where its value comes from; missing is a mistake.
    pub source: Option<Parameter>,
    /// How it is put together with what is there; replaced where it is missing.
    pub arithmetic: Option<AggregateArithmetic>,
}

impl MappingFactor {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            factor_id: reader.filled("factorId").unwrap_or_default(),
            source: reader.object("source", Parameter::read).flatten(),
            arithmetic: reader.choice("arithmetic"),
        })
    }

    fn to_json(&self) -> Json {
        json!({"source": self.source.as_ref().map(Parameter::to_json), "factorId": self.factor_id, "arithmetic": self.arithmetic.map(AggregateArithmetic::as_str)})
    }
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its id.
    pub action_id: String,
    /// What it does.
    pub kind: ActionKind,
}

/// What an action does. What is compulsory is checked when the pipeline is compiled, so fields may be empty here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the keys of engine.md §1.5")]
pub enum ActionKind {
    Alarm {
        prerequisite: Prerequisite,
        severity: AlarmSeverity,
        message: Option<String>,
    },
    CopyToMemory {
        variable_name: String,
        source: Option<Parameter>,
    },
    WriteToExternal {
        external_writer_id: String,
        event_code: Option<String>,
    },
    Exists {
        topic_id: String,
        by: Option<Joint>,
        variable_name: String,
    },
    ReadRow {
        topic_id: String,
        by: Option<Joint>,
        variable_name: String,
    },
    ReadRows {
        topic_id: String,
        by: Option<Joint>,
        variable_name: String,
    },
    ReadFactor {
        topic_id: String,
        factor_id: String,
        arithmetic: Option<AggregateArithmetic>,
        by: Option<Joint>,
        variable_name: String,
    },
    ReadFactors {
        topic_id: String,
        factor_id: String,
        by: Option<Joint>,
        variable_name: String,
    },
    InsertRow {
        topic_id: String,
        mapping: Vec<MappingFactor>,
        accumulate_mode: AccumulateMode,
    },
    InsertOrMergeRow {
        topic_id: String,
        mapping: Vec<MappingFactor>,
        by: Option<Joint>,
        accumulate_mode: AccumulateMode,
    },
    MergeRow {
        topic_id: String,
        mapping: Vec<MappingFactor>,
        by: Option<Joint>,
        accumulate_mode: AccumulateMode,
    },
    WriteFactor {
        topic_id: String,
        factor_id: String,
        source: Option<Parameter>,
        arithmetic: Option<AggregateArithmetic>,
        by: Option<Joint>,
        accumulate_mode: AccumulateMode,
    },
    DeleteRow {
        topic_id: String,
        by: Option<Joint>,
    },
    DeleteRows {
        topic_id: String,
        by: Option<Joint>,
    },
}

impl ActionKind {
    /// All texts of `type`.
    pub const TYPES: &'static [&'static str] = &[
        "alarm",
        "copy-to-memory",
        "write-to-external",
        "exists",
        "read-row",
        "read-rows",
        "read-factor",
        "read-factors",
        "insert-row",
        "insert-or-merge-row",
        "merge-row",
        "write-factor",
        "delete-row",
        "delete-rows",
    ];

    /// The text of `type`.
    pub const fn type_text(&self) -> &'static str {
        match self {
            Self::Alarm { .. } => "alarm",
            Self::CopyToMemory { .. } => "copy-to-memory",
            Self::WriteToExternal { .. } => "write-to-external",
            Self::Exists { .. } => "exists",
            Self::ReadRow { .. } => "read-row",
            Self::ReadRows { .. } => "read-rows",
            Self::ReadFactor { .. } => "read-factor",
            Self::ReadFactors { .. } => "read-factors",
            Self::InsertRow { .. } => "insert-row",
            Self::InsertOrMergeRow { .. } => "insert-or-merge-row",
            Self::MergeRow { .. } => "merge-row",
            Self::WriteFactor { .. } => "write-factor",
            Self::DeleteRow { .. } => "delete-row",
            Self::DeleteRows { .. } => "delete-rows",
        }
    }
}

impl Action {
    /// Reads an action; an unknown type is noted and gives `None`.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let action_id = reader.filled("actionId").unwrap_or_default();
        let type_text = reader.text("type").unwrap_or_default();
        Some(Self { kind: Self::read_kind(reader, &type_text)?, action_id })
    }

    fn read_kind(reader: &mut Reader<'_>, type_text: &str) -> Option<ActionKind> {
        let by = |reader: &mut Reader<'_>| reader.object("by", Joint::read);
        let source = |reader: &mut Reader<'_>| reader.object("source", Parameter::read).flatten();
        let text = |reader: &mut Reader<'_>, key: &str| reader.filled(key).unwrap_or_default();
        let mapping = |reader: &mut Reader<'_>| reader.list("mapping", "mapping", MappingFactor::read);
        let arithmetic = |reader: &mut Reader<'_>| reader.choice("arithmetic");
        let mode = |reader: &mut Reader<'_>| reader.choice("accumulateMode").unwrap_or(AccumulateMode::Standard);
        Some(match type_text {
            "alarm" => ActionKind::Alarm {
                prerequisite: Prerequisite::read(reader),
                severity: reader.choice("severity").unwrap_or(AlarmSeverity::Medium),
                message: reader.text("message"),
            },
            "copy-to-memory" => ActionKind::CopyToMemory { variable_name: text(reader, "variableName"), source: source(reader) },
            "write-to-external" => ActionKind::WriteToExternal { external_writer_id: text(reader, "externalWriterId"), event_code: reader.text("eventCode") },
            "exists" => ActionKind::Exists { topic_id: text(reader, "topicId"), by: by(reader), variable_name: text(reader, "variableName") },
            "read-row" => ActionKind::ReadRow { topic_id: text(reader, "topicId"), by: by(reader), variable_name: text(reader, "variableName") },
            "read-rows" => ActionKind::ReadRows { topic_id: text(reader, "topicId"), by: by(reader), variable_name: text(reader, "variableName") },
            "read-factor" => ActionKind::ReadFactor {
                topic_id: text(reader, "topicId"),
                factor_id: text(reader, "factorId"),
                arithmetic: arithmetic(reader),
                by: by(reader),
                variable_name: text(reader, "variableName"),
            },
            "read-factors" => ActionKind::ReadFactors {
                topic_id: text(reader, "topicId"),
                factor_id: text(reader, "factorId"),
                by: by(reader),
                variable_name: text(reader, "variableName"),
            },
            "insert-row" => ActionKind::InsertRow { topic_id: text(reader, "topicId"), mapping: mapping(reader), accumulate_mode: mode(reader) },
            "insert-or-merge-row" => {
                ActionKind::InsertOrMergeRow { topic_id: text(reader, "topicId"), mapping: mapping(reader), by: by(reader), accumulate_mode: mode(reader) }
            }
            "merge-row" => ActionKind::MergeRow { topic_id: text(reader, "topicId"), mapping: mapping(reader), by: by(reader), accumulate_mode: mode(reader) },
            "write-factor" => ActionKind::WriteFactor {
                topic_id: text(reader, "topicId"),
                factor_id: text(reader, "factorId"),
                source: source(reader),
                arithmetic: arithmetic(reader),
                by: by(reader),
                accumulate_mode: mode(reader),
            },
            "delete-row" => ActionKind::DeleteRow { topic_id: text(reader, "topicId"), by: by(reader) },
            "delete-rows" => ActionKind::DeleteRows { topic_id: text(reader, "topicId"), by: by(reader) },
            unknown => {
                let place = reader.at("type");
                let reason = format!("\"{unknown}\" is no action");
                reader.problems().error("definition-unknown-value", &place, reason, format!("use one of: {}", ActionKind::TYPES.join(", ")));
                return None;
            }
        })
    }

    /// The wire form, with the reference's defaults; a monitor log shows it as `definedAs`.
    pub fn to_json(&self) -> Json {
        let by = |joint: &Option<Joint>| joint.as_ref().map(Joint::to_json);
        let source = |parameter: &Option<Parameter>| parameter.as_ref().map(Parameter::to_json);
        let mapping = |mapping: &[MappingFactor]| mapping.iter().map(MappingFactor::to_json).collect::<Vec<_>>();
        let (id, kind) = (&self.action_id, self.kind.type_text());
        match &self.kind {
            ActionKind::Alarm { prerequisite, severity, message } => json!({
                "actionId": id, "type": kind, "conditional": prerequisite.conditional, "on": prerequisite.on.as_ref().map(Joint::to_json),
                "severity": severity.as_str(), "message": message,
            }),
            ActionKind::CopyToMemory { variable_name, source: from } => {
                json!({"actionId": id, "type": kind, "variableName": variable_name, "source": source(from)})
            }
            ActionKind::WriteToExternal { external_writer_id, event_code } => {
                json!({"actionId": id, "type": kind, "externalWriterId": external_writer_id, "eventCode": event_code})
            }
            ActionKind::Exists { topic_id, by: joint, variable_name }
            | ActionKind::ReadRow { topic_id, by: joint, variable_name }
            | ActionKind::ReadRows { topic_id, by: joint, variable_name } => {
                json!({"actionId": id, "type": kind, "topicId": topic_id, "by": by(joint), "variableName": variable_name})
            }
            ActionKind::ReadFactor { topic_id, factor_id, arithmetic, by: joint, variable_name } => json!({
                "actionId": id, "type": kind, "topicId": topic_id, "factorId": factor_id, "arithmetic": arithmetic.map(AggregateArithmetic::as_str), "by": by(joint),
                "variableName": variable_name,
            }),
            ActionKind::ReadFactors { topic_id, factor_id, by: joint, variable_name } => {
                json!({"actionId": id, "type": kind, "topicId": topic_id, "factorId": factor_id, "by": by(joint), "variableName": variable_name})
            }
            ActionKind::InsertRow { topic_id, mapping: items, accumulate_mode } => {
                json!({"actionId": id, "type": kind, "topicId": topic_id, "mapping": mapping(items), "accumulateMode": accumulate_mode.as_str()})
            }
            ActionKind::InsertOrMergeRow { topic_id, mapping: items, by: joint, accumulate_mode }
            | ActionKind::MergeRow { topic_id, mapping: items, by: joint, accumulate_mode } => json!({
                "actionId": id, "type": kind, "topicId": topic_id, "mapping": mapping(items), "by": by(joint),
                "accumulateMode": accumulate_mode.as_str(),
            }),
            ActionKind::WriteFactor { topic_id, factor_id, source: from, arithmetic, by: joint, accumulate_mode } => json!({
                "actionId": id, "type": kind, "topicId": topic_id, "factorId": factor_id, "source": source(from),
                "arithmetic": arithmetic.map(AggregateArithmetic::as_str), "by": by(joint), "accumulateMode": accumulate_mode.as_str(),
            }),
            ActionKind::DeleteRow { topic_id, by: joint } | ActionKind::DeleteRows { topic_id, by: joint } => {
                json!({"actionId": id, "type": kind, "topicId": topic_id, "by": by(joint)})
            }
        }
    }
}
