//! Monitor logs as they are stored, and as they are read (engine.md §5.1, §5.2).
//!
//! Stored is a compact document, format 1; read is Watchmen's shape, with the definition put in again. The compact form:
//!
//! ```json
//! {"format": 1, "error": null, "pre": true, "old": null, "new": {},
//!  "stages": [{"i": 0, "s": "DONE", "t": 12, "us": 80, "e": null, "pre": true,
//!    "units": [{"i": 0, "s": "DONE", "t": 15, "us": 70, "e": null, "pre": true, "loop": null,
//!      "actions": [{"i": 0, "uid": 1, "s": "DONE", "t": 20, "us": 60, "e": null, "n": [1, 0, 0], "by": {}, "touched": {}}]}]}]}
//! ```
//!
//! `t` is microseconds after the start of the run, `us` the duration in microseconds, `n` inserted, updated, deleted.

use std::fmt::{self, Write as _};

use chrono::{Duration, NaiveDateTime};
use serde_json::{Map, Value as Json, json};

use super::log::{ActionLog, PipelineLog, Span, StageLog, UnitLog};
use crate::model::{Action, ActionKind, Pipeline, Stage, Unit};
use crate::value::json::write_json;
use crate::value::{JsonStyle, Value};

/// The compact form of a log.
pub(crate) fn compact(log: &PipelineLog) -> String {
    let mut out = String::with_capacity(1024);
    out.push_str("{\"format\":1,\"error\":");
    push_text(&mut out, log.span.error.as_deref());
    out.push_str(if log.prerequisite { ",\"pre\":true,\"old\":" } else { ",\"pre\":false,\"old\":" });
    push_value(&mut out, log.old_value.clone().map(Value::Object).as_ref());
    out.push_str(",\"new\":");
    push_value(&mut out, log.new_value.clone().map(Value::Object).as_ref());
    out.push_str(",\"stages\":[");
    for (index, stage) in log.stages.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_stage(&mut out, stage, log.span.started_at);
    }
    out.push_str("]}");
    out
}

fn push_stage(out: &mut String, log: &StageLog, began: NaiveDateTime) {
    push_span(out, log.stage, &log.span, began);
    out.push_str(if log.prerequisite { ",\"pre\":true,\"units\":[" } else { ",\"pre\":false,\"units\":[" });
    for (index, unit) in log.units.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_unit(out, unit, began);
    }
    out.push_str("]}");
}

fn push_unit(out: &mut String, log: &UnitLog, began: NaiveDateTime) {
    push_span(out, log.unit, &log.span, began);
    push_flag(out, log.prerequisite);
    if let Some(value) = &log.loop_value {
        out.push_str(",\"loop\":");
        push_value(out, Some(value));
    }
    out.push_str(",\"actions\":[");
    for (index, action) in log.actions.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_action(out, action, began);
    }
    out.push_str("]}");
}

fn push_action(out: &mut String, log: &ActionLog, began: NaiveDateTime) {
    push_span(out, log.action, &log.span, began);
    push_format(out, format_args!(",\"uid\":{}", log.uid));
    if let Some(flag) = log.prerequisite {
        push_flag(out, Some(flag));
    }
    if log.insert_count + log.update_count + log.delete_count > 0 {
        push_format(out, format_args!(",\"n\":[{},{},{}]", log.insert_count, log.update_count, log.delete_count));
    }
    if let Some(value) = &log.find_by {
        out.push_str(",\"by\":");
        push_value(out, Some(value));
    }
    if let Some(value) = &log.touched {
        out.push_str(",\"touched\":");
        push_value(out, Some(value));
    }
    out.push('}');
}

/// Opens the object of a stage, unit or action with what they have in common.
fn push_span(out: &mut String, position: usize, span: &Span, began: NaiveDateTime) {
    let offset = (span.started_at - began).num_microseconds().unwrap_or(0);
    push_format(out, format_args!("{{\"i\":{position},\"s\":\"{}\",\"t\":{offset},\"us\":{}", span.status.as_str(), span.spent_micros));
    if span.error.is_some() {
        out.push_str(",\"e\":");
        push_text(out, span.error.as_deref());
    }
}

fn push_format(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    out.write_fmt(text).unwrap_or_default();
}

fn push_flag(out: &mut String, flag: Option<bool>) {
    match flag {
        Some(true) => out.push_str(",\"pre\":true"),
        Some(false) => out.push_str(",\"pre\":false"),
        None => {}
    }
}

fn push_value(out: &mut String, value: Option<&Value>) {
    match value {
        Some(value) => write_json(value, JsonStyle::Wire, out),
        None => out.push_str("null"),
    }
}

fn push_text(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => write_json(&Value::from(text), JsonStyle::Wire, out),
        None => out.push_str("null"),
    }
}

/// What the columns of a stored log say.
#[derive(Debug, Clone)]
pub struct LogHead<'a> {
    /// The run.
    pub uid: i64,
    /// Its trace.
    pub trace_id: &'a str,
    /// Its pipeline.
    pub pipeline_id: &'a str,
    /// The trigger topic.
    pub topic_id: &'a str,
    /// The row; -1 for synonyms.
    pub data_id: i64,
    /// `DONE` or `ERROR`.
    pub status: &'a str,
    /// When it began.
    pub started_at: NaiveDateTime,
    /// How long it took, in milliseconds.
    pub spent_ms: i64,
}

/// Puts a stored log and its definition together: Watchmen's monitor log (engine.md §5.1). Without the definition what
/// it says is null.
pub fn restore(head: &LogHead<'_>, body: &Json, definition: Option<&Pipeline>) -> Json {
    let stages = list(body, "stages").map(|stage| {
        let defined = definition.and_then(|pipeline| pipeline.stages.get(position(stage)));
        restore_stage(stage, defined, head.started_at)
    });
    json!({
        "uid": head.uid.to_string(), "traceId": head.trace_id, "pipelineId": head.pipeline_id, "topicId": head.topic_id,
        "dataId": head.data_id, "status": head.status, "startTime": moment(head.started_at, 0), "spentInMills": head.spent_ms,
        "error": body.get("error"), "prerequisite": body.get("pre"),
        "prerequisiteDefinedAs": definition.map(|pipeline| pipeline.prerequisite.to_json()),
        "oldValue": body.get("old"), "newValue": body.get("new"), "stages": stages.collect::<Vec<_>>(),
    })
}

fn restore_stage(log: &Json, defined: Option<&Stage>, began: NaiveDateTime) -> Json {
    let units = list(log, "units").map(|unit| restore_unit(unit, defined.and_then(|stage| stage.units.get(position(unit))), began));
    let mut object = Map::new();
    object.insert("stageId".into(), json!(defined.map(|stage| &stage.stage_id)));
    object.insert("name".into(), json!(defined.and_then(|stage| stage.name.as_deref())));
    restore_span(&mut object, log, began);
    object.insert("prerequisite".into(), json!(log.get("pre")));
    object.insert("prerequisiteDefinedAs".into(), json!(defined.map(|stage| stage.prerequisite.to_json())));
    object.insert("units".into(), Json::Array(units.collect()));
    Json::Object(object)
}

fn restore_unit(log: &Json, defined: Option<&Unit>, began: NaiveDateTime) -> Json {
    let actions = list(log, "actions").map(|action| restore_action(action, defined.and_then(|unit| unit.actions.get(position(action))), began));
    let mut object = Map::new();
    object.insert("unitId".into(), json!(defined.map(|unit| &unit.unit_id)));
    object.insert("name".into(), json!(defined.and_then(|unit| unit.name.as_deref())));
    object.insert("loopVariableName".into(), json!(defined.and_then(|unit| unit.loop_variable_name.as_deref())));
    object.insert("loopVariableValue".into(), json!(log.get("loop")));
    restore_span(&mut object, log, began);
    object.insert("prerequisite".into(), json!(log.get("pre")));
    object.insert("prerequisiteDefinedAs".into(), json!(defined.map(|unit| unit.prerequisite.to_json())));
    object.insert("actions".into(), Json::Array(actions.collect()));
    Json::Object(object)
}

fn restore_action(log: &Json, defined: Option<&Action>, began: NaiveDateTime) -> Json {
    let count = |index: usize| log.get("n").and_then(|counts| counts.get(index)).and_then(Json::as_u64).unwrap_or(0);
    let mut object = Map::new();
    object.insert("uid".into(), json!(log.get("uid").map(ToString::to_string)));
    object.insert("actionId".into(), json!(defined.map(|action| &action.action_id)));
    object.insert("type".into(), json!(defined.map(|action| action.kind.type_text())));
    restore_span(&mut object, log, began);
    object.insert("insertCount".into(), json!(count(0)));
    object.insert("updateCount".into(), json!(count(1)));
    object.insert("deleteCount".into(), json!(count(2)));
    object.insert("definedAs".into(), json!(defined.map(Action::to_json)));
    object.insert("touched".into(), json!(log.get("touched").map(|data| json!({"data": data}))));
    match defined.map(|action| &action.kind) {
        Some(ActionKind::Alarm { prerequisite, .. }) => {
            object.insert("prerequisite".into(), json!(log.get("pre")));
            object.insert("prerequisiteDefinedAs".into(), prerequisite.to_json());
        }
        Some(ActionKind::CopyToMemory { .. } | ActionKind::WriteToExternal { .. }) => {}
        _ => {
            object.insert("findBy".into(), json!(log.get("by")));
        }
    }
    Json::Object(object)
}

fn restore_span(object: &mut Map<String, Json>, log: &Json, began: NaiveDateTime) {
    let number = |key: &str| log.get(key).and_then(Json::as_i64).unwrap_or(0);
    object.insert("status".into(), json!(log.get("s")));
    object.insert("startTime".into(), json!(moment(began, number("t"))));
    object.insert("spentInMills".into(), json!(number("us") / 1000));
    object.insert("error".into(), json!(log.get("e")));
}

fn list<'a>(json: &'a Json, key: &str) -> impl Iterator<Item = &'a Json> {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

fn position(log: &Json) -> usize {
    log.get("i").and_then(Json::as_u64).and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX)
}

/// ISO form with microseconds.
fn moment(began: NaiveDateTime, offset_micros: i64) -> String {
    began.checked_add_signed(Duration::microseconds(offset_micros)).unwrap_or(began).format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
