//! `exists`: whether a row matches, into a variable.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// An `exists`, ready to run.
#[derive(Debug)]
pub(crate) struct Exists {
    find: FindPlan,
    variable: usize,
}

impl Exists {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::Exists { topic_id, by, variable_name } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::AllRows, context, place, problems);
        Some(Self { find: find?, variable: variable? })
    }

    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let found = Value::from(!run.find(&self.find, 1, false).await?.is_empty());
        run.touch(|| found.clone());
        run.put(self.variable, found, None);
        Ok(())
    }
}
