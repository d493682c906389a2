//! `merge-row`: the one row that matches is changed.

use super::{ActionError, ActionRun, WhereNone};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, WritePlan};
use crate::model::{ActionKind, Place, Problems};

/// A `merge-row`, ready to run.
#[derive(Debug)]
pub(crate) struct MergeRow {
    find: FindPlan,
    write: WritePlan,
}

impl MergeRow {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::MergeRow { topic_id, mapping, by, accumulate_mode } = kind else { return None };
        let write = WritePlan::compile(topic_id, mapping, *accumulate_mode, context, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::Refused, context, place, problems);
        Some(Self { write: write?, find: find? })
    }

    /// No row and several rows are errors.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        run.merge(&self.find, &self.write, WhereNone::Fail).await
    }
}
