//! `read-rows`: all matching rows into a variable, in the order of their ids.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `read-rows`, ready to run.
#[derive(Debug)]
pub(crate) struct ReadRows {
    find: FindPlan,
    variable: usize,
}

impl ReadRows {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::ReadRows { topic_id, by, variable_name } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::AllRows, context, place, problems);
        Some(Self { find: find?, variable: variable? })
    }

    /// No row gives an empty list.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let mut rows = Vec::new();
        for row in run.find_all(&self.find, false).await? {
            rows.push(Value::Object(run.services.readable(&self.find.topic, row)?));
        }
        let rows = Value::array(rows);
        run.touch(|| rows.clone());
        run.put(self.variable, rows, None);
        Ok(())
    }
}
