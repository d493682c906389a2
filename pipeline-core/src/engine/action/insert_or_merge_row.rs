//! `insert-or-merge-row`: the one row that matches is changed; where none does, a new one.

use super::{ActionError, ActionRun, WhereNone};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, WritePlan};
use crate::model::{AccumulateMode, ActionKind, Place, Problems};

/// An `insert-or-merge-row`, ready to run.
#[derive(Debug)]
pub(crate) struct InsertOrMergeRow {
    find: FindPlan,
    write: WritePlan,
    where_none: WhereNone,
}

impl InsertOrMergeRow {
    /// `reverse` is treated as `standard`, as in the reference.
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::InsertOrMergeRow { topic_id, mapping, by, accumulate_mode } = kind else { return None };
        let mode = match accumulate_mode {
            AccumulateMode::Cumulate => AccumulateMode::Cumulate,
            AccumulateMode::Standard | AccumulateMode::Reverse => AccumulateMode::Standard,
        };
        let write = WritePlan::compile(topic_id, mapping, mode, context, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::Refused, context, place, problems);
        let find = find?;
        let unique = by.as_ref().and_then(|by| find.topic.index_for(by)).is_some_and(|index| index.finds_one);
        Some(Self { write: write?, find, where_none: if unique { WhereNone::Insert } else { WhereNone::InsertGuarded } })
    }

    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        run.merge(&self.find, &self.write, self.where_none).await
    }
}
