//! `read-factors`: one column of all matching rows into a variable, duplicates and nulls kept.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `read-factors`, ready to run.
#[derive(Debug)]
pub(crate) struct ReadFactors {
    find: FindPlan,
    column: usize,
    variable: usize,
}

impl ReadFactors {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::ReadFactors { topic_id, factor_id, by, variable_name } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::AllRows, context, place, problems)?;
        let column = find.column(factor_id, place, problems);
        Some(Self { column: column?, find, variable: variable? })
    }

    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let mut values = Vec::new();
        for row in run.find_all(&self.find, false).await? {
            let row = run.services.readable(&self.find.topic, row)?;
            values.push(row.values().get(self.column).cloned().unwrap_or_default());
        }
        let values = Value::array(values);
        run.touch(|| values.clone());
        run.put(self.variable, values, None);
        Ok(())
    }
}
