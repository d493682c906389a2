//! What a trigger asks for and what it answers (engine.md §1.8).

use super::wire_enum::wire_enum;

wire_enum! {
    /// What is done with the row of a trigger.
    TriggerType {
        /// Saved as a new row.
        Insert = "insert",
        /// Replaces the row with that `id_`.
        Merge = "merge",
        /// As merge with an `id_`, else as insert.
        InsertOrMerge = "insert-or-merge",
        /// Deletes the row with that `id_`.
        Delete = "delete",
    }
}

/// What a synchronous trigger answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerResult {
    /// The trace id under which everything is found again.
    pub trace_id: String,
    /// The id of the trigger's row: `-1` for a synonym, `None` when nothing was kept (atomicity `trigger`).
    pub data_id: Option<i64>,
    /// The pipelines that ended in ERROR, in the order of their runs, each once.
    pub failed_pipeline_ids: Vec<String>,
}

impl TriggerResult {
    /// `DONE` when no pipeline failed, else `ERROR`.
    pub fn status(&self) -> &'static str {
        if self.failed_pipeline_ids.is_empty() { "DONE" } else { "ERROR" }
    }
}
