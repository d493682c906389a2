//! Actions, one file each, all of the same shape: a plan, `compile`, `run` (engine.md §3.7).
//!
//! To add an action is to add a file and a line in each of the two lists below.

mod alarm;
mod copy_to_memory;
mod delete_row;
mod delete_rows;
mod exists;
mod insert_or_merge_row;
mod insert_row;
mod merge_row;
mod read_factor;
mod read_factors;
mod read_row;
mod read_rows;
mod write_factor;
mod write_to_external;

use super::ActionError;
use super::action_run::ActionRun;
use super::write::WhereNone;
use crate::compile::PipelineContext;
use crate::model::{Action, ActionKind, Place, Problems};

/// An action, ready to run.
#[derive(Debug)]
pub(crate) enum ActionPlan {
    Alarm(alarm::Alarm),
    CopyToMemory(copy_to_memory::CopyToMemory),
    DeleteRow(delete_row::DeleteRow),
    DeleteRows(delete_rows::DeleteRows),
    Exists(exists::Exists),
    InsertOrMergeRow(insert_or_merge_row::InsertOrMergeRow),
    InsertRow(insert_row::InsertRow),
    MergeRow(merge_row::MergeRow),
    ReadFactor(read_factor::ReadFactor),
    ReadFactors(read_factors::ReadFactors),
    ReadRow(read_row::ReadRow),
    ReadRows(read_rows::ReadRows),
    WriteFactor(write_factor::WriteFactor),
    WriteToExternal(write_to_external::WriteToExternal),
}

impl ActionPlan {
    /// Compiles an action and notes what is wrong with it; `None` where it can not be run.
    pub(crate) fn compile(action: &Action, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        match &action.kind {
            ActionKind::Alarm { .. } => alarm::Alarm::compile(&action.kind, context, place, problems).map(Self::Alarm),
            ActionKind::CopyToMemory { .. } => copy_to_memory::CopyToMemory::compile(&action.kind, context, place, problems).map(Self::CopyToMemory),
            ActionKind::DeleteRow { .. } => delete_row::DeleteRow::compile(&action.kind, context, place, problems).map(Self::DeleteRow),
            ActionKind::DeleteRows { .. } => delete_rows::DeleteRows::compile(&action.kind, context, place, problems).map(Self::DeleteRows),
            ActionKind::Exists { .. } => exists::Exists::compile(&action.kind, context, place, problems).map(Self::Exists),
            ActionKind::InsertOrMergeRow { .. } => {
                insert_or_merge_row::InsertOrMergeRow::compile(&action.kind, context, place, problems).map(Self::InsertOrMergeRow)
            }
            ActionKind::InsertRow { .. } => insert_row::InsertRow::compile(&action.kind, context, place, problems).map(Self::InsertRow),
            ActionKind::MergeRow { .. } => merge_row::MergeRow::compile(&action.kind, context, place, problems).map(Self::MergeRow),
            ActionKind::ReadFactor { .. } => read_factor::ReadFactor::compile(&action.kind, context, place, problems).map(Self::ReadFactor),
            ActionKind::ReadFactors { .. } => read_factors::ReadFactors::compile(&action.kind, context, place, problems).map(Self::ReadFactors),
            ActionKind::ReadRow { .. } => read_row::ReadRow::compile(&action.kind, context, place, problems).map(Self::ReadRow),
            ActionKind::ReadRows { .. } => read_rows::ReadRows::compile(&action.kind, context, place, problems).map(Self::ReadRows),
            ActionKind::WriteFactor { .. } => write_factor::WriteFactor::compile(&action.kind, context, place, problems).map(Self::WriteFactor),
            ActionKind::WriteToExternal { .. } => {
                write_to_external::WriteToExternal::compile(&action.kind, context, place, problems).map(Self::WriteToExternal)
            }
        }
    }

    /// Runs an action.
    pub(crate) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        match self {
            Self::Alarm(plan) => plan.run(run).await,
            Self::CopyToMemory(plan) => plan.run(run).await,
            Self::DeleteRow(plan) => plan.run(run).await,
            Self::DeleteRows(plan) => plan.run(run).await,
            Self::Exists(plan) => plan.run(run).await,
            Self::InsertOrMergeRow(plan) => plan.run(run).await,
            Self::InsertRow(plan) => plan.run(run).await,
            Self::MergeRow(plan) => plan.run(run).await,
            Self::ReadFactor(plan) => plan.run(run).await,
            Self::ReadFactors(plan) => plan.run(run).await,
            Self::ReadRow(plan) => plan.run(run).await,
            Self::ReadRows(plan) => plan.run(run).await,
            Self::WriteFactor(plan) => plan.run(run).await,
            Self::WriteToExternal(plan) => plan.run(run).await,
        }
    }

    /// Whether the action writes rows, so that in mode `action` it needs a transaction of its own.
    pub(crate) const fn writes_rows(&self) -> bool {
        match self {
            Self::DeleteRow(_) | Self::DeleteRows(_) | Self::InsertOrMergeRow(_) | Self::InsertRow(_) | Self::MergeRow(_) | Self::WriteFactor(_) => true,
            Self::Alarm(_)
            | Self::CopyToMemory(_)
            | Self::Exists(_)
            | Self::ReadFactor(_)
            | Self::ReadFactors(_)
            | Self::ReadRow(_)
            | Self::ReadRows(_)
            | Self::WriteToExternal(_) => false,
        }
    }
}
