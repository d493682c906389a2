//! `copy-to-memory`: the value of a parameter into a variable.

use super::{ActionError, ActionRun};
use crate::compile::{ParameterPlan, PipelineContext};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `copy-to-memory`, ready to run.
#[derive(Debug)]
pub(crate) struct CopyToMemory {
    source: Option<ParameterPlan>,
    variable: usize,
}

impl CopyToMemory {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::CopyToMemory { variable_name, source } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let source = source.as_ref().map(|parameter| ParameterPlan::compile(parameter, &context.parameters(), &place.key("source"), problems));
        let source = match source {
            Some(plan) => Some(plan?),
            None => None,
        };
        Some(Self { source, variable: variable? })
    }

    /// A missing source is null; a constant source is remembered as the variable's origin (values.md §4.4).
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let (value, origin) = match &self.source {
            Some(plan) => (run.evaluate(plan)?, plan.origin(&run.scope())),
            None => (Value::Null, None),
        };
        run.touch(|| value.clone());
        run.put(self.variable, value, origin);
        Ok(())
    }
}
