//! `delete-row`: the one row that matches goes.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, refuse_synonym};
use crate::model::{ActionKind, Place, Problems};
use crate::value::Value;

/// A `delete-row`, ready to run.
#[derive(Debug)]
pub(crate) struct DeleteRow {
    find: FindPlan,
}

impl DeleteRow {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::DeleteRow { topic_id, by } = kind else { return None };
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::Refused, context, place, problems)?;
        refuse_synonym(&find.topic, place, problems);
        Some(Self { find })
    }

    /// No row and several rows are errors.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let row = run.find_one(&self.find, true).await?;
        run.delete(&self.find.topic, &row).await?;
        run.touch(|| Value::array(vec![Value::Object(row)]));
        Ok(())
    }
}
