//! `delete-rows`: all matching rows go, one by one.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, refuse_synonym};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `delete-rows`, ready to run.
#[derive(Debug)]
pub(crate) struct DeleteRows {
    find: FindPlan,
}

impl DeleteRows {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::DeleteRows { topic_id, by } = kind else { return None };
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::Refused, context, place, problems)?;
        refuse_synonym(&find.topic, place, problems);
        Some(Self { find })
    }

    /// No row is a success.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let lock = run.attempt.locking;
        let rows = run.find_all(&self.find, lock).await?;
        for row in &rows {
            run.delete(&self.find.topic, row).await?;
        }
        run.touch(|| Value::array(rows.into_iter().map(Value::Object).collect()));
        Ok(())
    }
}
