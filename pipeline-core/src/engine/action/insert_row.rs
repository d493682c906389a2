//! `insert-row`: a new row.

use super::{ActionError, ActionRun};
use crate::compile::{PipelineContext, WritePlan};
use crate::model::{AccumulateMode, ActionKind, Place, Problems};

/// An `insert-row`, ready to run.
#[derive(Debug)]
pub(crate) struct InsertRow {
    write: WritePlan,
}

impl InsertRow {
    /// The accumulate mode is always `standard`.
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::InsertRow { topic_id, mapping, .. } = kind else { return None };
        let write = WritePlan::compile(topic_id, mapping, AccumulateMode::Standard, context, place, problems);
        Some(Self { write: write? })
    }

    /// Any violation of a constraint is an error.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        run.insert(&self.write).await
    }
}
