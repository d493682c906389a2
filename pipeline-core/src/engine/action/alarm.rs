//! `alarm`: a message, when its condition holds.

use super::{ActionError, ActionRun};
use crate::compile::{ConditionPlan, ParameterPlan, PipelineContext};
use crate::model::{ActionKind, AlarmSeverity, Parameter, ParameterKind, Place, Prerequisite, Problems};
use crate::value::text_form;

/// An `alarm`, ready to run.
#[derive(Debug)]
pub(crate) struct Alarm {
    prerequisite: Option<ConditionPlan>,
    severity: AlarmSeverity,
    message: Option<ParameterPlan>,
}

impl Alarm {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::Alarm { prerequisite, severity, message } = kind else { return None };
        let constant = Parameter { kind: ParameterKind::Constant { value: message.clone() }, prerequisite: Prerequisite::default() };
        let message = ParameterPlan::compile(&constant, &context.parameters(), &place.key("message"), problems);
        Some(Self { prerequisite: context.prerequisite(prerequisite, place, problems), severity: *severity, message })
    }

    /// The message goes to the log, and, after the commit, to the application log (D-12).
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        // As at every level, a condition that can not be decided leaves it true.
        run.log.prerequisite = Some(true);
        let holds = run.holds(self.prerequisite.as_ref())?;
        run.log.prerequisite = Some(holds);
        if !holds {
            return Ok(());
        }
        let message = match &self.message {
            Some(plan) => run.evaluate(plan)?,
            None => crate::value::Value::Null,
        };
        run.recorder.alarm(self.severity, text_form(&message).into_owned());
        run.touch(|| message);
        Ok(())
    }
}
