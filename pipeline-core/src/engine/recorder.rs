//! What level `full` records beside the log, and the alarms of a run (engine.md §5.2, design.md §3).

use serde_json::json;

use crate::compile::{ConditionPlan, TopicPlan};
use crate::model::AlarmSeverity;
use crate::path::Scope;
use crate::port::UnitOfWork;
use crate::value::{JsonStyle, Object, Value, ValueError, json};

/// An alarm that was raised; it is written to the application log after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedAlarm {
    /// How bad.
    pub severity: AlarmSeverity,
    /// Its message.
    pub message: String,
}

/// Records details of one run.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    full: bool,
    /// The action that runs; 0 outside of actions.
    action_uid: i64,
    /// How many calls of external writers were handed over.
    pub handed_over: usize,
    details: Vec<String>,
    alarms: Vec<RaisedAlarm>,
}

impl Recorder {
    /// A recorder; only at level `full` it records details.
    pub(crate) fn new(full: bool) -> Self {
        Self { full, ..Self::default() }
    }

    /// An action begins: what was sent before is not its own.
    pub(crate) fn begin_action(&mut self, uid: i64, unit: &mut dyn UnitOfWork) {
        self.action_uid = uid;
        if self.full {
            drop(unit.take_statements());
        }
    }

    /// The action ended.
    pub(crate) const fn end_action(&mut self) {
        self.action_uid = 0;
    }

    /// Tests a condition and records its operands.
    pub(crate) fn test(&mut self, condition: &ConditionPlan, scope: &dyn Scope) -> Result<bool, ValueError> {
        if !self.full {
            return condition.evaluate(scope);
        }
        let mut operands = Vec::new();
        let result = condition.evaluate_recording(scope, &mut operands);
        let operands: Vec<_> = operands
            .into_iter()
            .map(|operand| {
                json!({
                    "left": json::to_json(&operand.left, JsonStyle::Wire), "operator": operand.operator.as_str(),
                    "right": operand.right.as_ref().map(|value| json::to_json(value, JsonStyle::Wire)), "result": operand.result,
                })
            })
            .collect();
        self.details.push(json!({"kind": "condition", "action": self.action_uid, "operands": operands, "result": result.as_ref().ok()}).to_string());
        result
    }

    /// Records the statements on a topic that were sent since the last call. What a condition compares with a protected
    /// factor stands in clear, so the values of such a topic's queries are left out (engine.md §5.2).
    pub(crate) fn statements(&mut self, topic: &TopicPlan, unit: &mut dyn UnitOfWork) {
        if !self.full {
            return;
        }
        for (text, mut values) in unit.take_statements() {
            if topic.preparation.encrypts() && text.starts_with("SELECT") {
                values.fill("***".to_owned());
            }
            self.details.push(json!({"kind": "statement", "action": self.action_uid, "text": text, "values": values}).to_string());
        }
    }

    /// Records a row before and after.
    pub(crate) fn row_change(&mut self, topic: &TopicPlan, before: Option<&Object>, after: Option<&Object>) {
        if !self.full {
            return;
        }
        let shown = |row: Option<&Object>| row.map(|row| json::to_json(&Value::Object(row.clone()), JsonStyle::Wire));
        self.details.push(json!({"kind": "row", "action": self.action_uid, "topic": &*topic.name, "before": shown(before), "after": shown(after)}).to_string());
    }

    /// Notes an alarm.
    pub(crate) fn alarm(&mut self, severity: AlarmSeverity, message: String) {
        self.alarms.push(RaisedAlarm { severity, message });
    }

    /// What was recorded: details and alarms.
    pub(crate) fn finish(self) -> (Vec<String>, Vec<RaisedAlarm>) {
        (self.details, self.alarms)
    }
}
