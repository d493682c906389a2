//! `read-row`: exactly one row into a variable.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `read-row`, ready to run.
#[derive(Debug)]
pub(crate) struct ReadRow {
    find: FindPlan,
    variable: usize,
}

impl ReadRow {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::ReadRow { topic_id, by, variable_name } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::AllRows, context, place, problems);
        Some(Self { find: find?, variable: variable? })
    }

    /// No row and several rows are errors.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let row = run.find_one(&self.find, false).await?;
        let row = Value::Object(run.services.readable(&self.find.topic, row)?);
        run.touch(|| Value::array(vec![row.clone()]));
        run.put(self.variable, row, None);
        Ok(())
    }
}
