//! The variables that a pipeline can define, each with a slot.

use std::sync::Arc;

use crate::model::{ActionKind, Pipeline};

/// The names of a pipeline's variables; a slot is the position of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariableTable(Vec<Arc<str>>);

impl VariableTable {
    /// The variables that actions and loops of a pipeline define.
    pub fn of(pipeline: &Pipeline) -> Self {
        let mut table = Self::default();
        for unit in pipeline.stages.iter().flat_map(|stage| &stage.units) {
            for name in unit.loop_variable_name.as_deref().into_iter().chain(unit.actions.iter().filter_map(|action| Self::written_by(&action.kind))) {
                table.declare(name);
            }
        }
        table
    }

    /// The variable that an action defines.
    pub fn written_by(kind: &ActionKind) -> Option<&str> {
        match kind {
            ActionKind::CopyToMemory { variable_name, .. }
            | ActionKind::Exists { variable_name, .. }
            | ActionKind::ReadRow { variable_name, .. }
            | ActionKind::ReadRows { variable_name, .. }
            | ActionKind::ReadFactor { variable_name, .. }
            | ActionKind::ReadFactors { variable_name, .. } => Some(variable_name.as_str()).filter(|name| !name.trim().is_empty()),
            ActionKind::Alarm { .. }
            | ActionKind::WriteToExternal { .. }
            | ActionKind::InsertRow { .. }
            | ActionKind::InsertOrMergeRow { .. }
            | ActionKind::MergeRow { .. }
            | ActionKind::WriteFactor { .. }
            | ActionKind::DeleteRow { .. }
            | ActionKind::DeleteRows { .. } => None,
        }
    }

    /// Adds a name, giving its slot; a blank one has none.
    pub fn declare(&mut self, name: &str) -> Option<usize> {
        if name.trim().is_empty() {
            return None;
        }
        self.slot(name).or_else(|| {
            self.0.push(name.into());
            Some(self.0.len() - 1)
        })
    }

    /// The slot of a name.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|candidate| &**candidate == name)
    }

    /// The names by slot.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }
}
