//! `write-factor`: a `merge-row` of one factor.

use super::{ActionError, ActionRun, WhereNone};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, WritePlan};
use crate::model::{ActionKind, MappingFactor, Place, Problems};

/// A `write-factor`, ready to run.
#[derive(Debug)]
pub(crate) struct WriteFactor {
    find: FindPlan,
    write: WritePlan,
}

impl WriteFactor {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::WriteFactor { topic_id, factor_id, source, arithmetic, by, accumulate_mode } = kind else { return None };
        let item = MappingFactor { factor_id: factor_id.clone(), source: source.clone(), arithmetic: *arithmetic };
        let write = WritePlan::compile(topic_id, std::slice::from_ref(&item), *accumulate_mode, context, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::Refused, context, place, problems);
        Some(Self { write: write?, find: find? })
    }

    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        run.merge(&self.find, &self.write, WhereNone::Fail).await
    }
}
