//! Steps towards what topics want, and what became of them.

use std::collections::BTreeMap;
use std::fmt;

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;

/// What may be done to tables (`storage.sync`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// Tables, columns and indexes are made; what would lose data is refused.
    #[default]
    Safe,
    /// Nothing is done; what is missing is an error.
    Off,
    /// Also what loses data.
    Force,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes the table.
    CreateTable,
    /// Takes over a table that others made, as it is.
    AdoptTable,
    /// Adds a column.
    AddColumn {
        /// Its name.
        column: String,
    },
    /// Changes what a column holds.
    ChangeColumn {
        /// Its name.
        column: String,
        /// What it held.
        from: String,
        /// What it will hold.
        to: String,
    },
    /// Makes an index.
    CreateIndex {
        /// Its name.
        index: String,
        /// Whether it is unique.
        unique: bool,
    },
    /// Drops an index that is no longer wanted or has changed.
    DropIndex {
        /// Its name.
        index: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable => write!(out, "create table"),
            Self::AdoptTable => write!(out, "adopt table"),
            Self::AddColumn { column } => write!(out, "add column {column}"),
            Self::ChangeColumn { column, from, to } => write!(out, "change column {column} from {from} to {to}"),
            Self::CreateIndex { index, unique } => write!(out, "create {}index {index}", if *unique { "unique " } else { "" }),
            Self::DropIndex { index } => write!(out, "drop index {index}"),
        }
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not done yet.
    Planned,
    /// Done.
    Done,
    /// Left out; the topic goes on without.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// One step towards what the topics want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureStep {
    /// The table.
    pub table: String,
    /// What it does.
    pub change: Change,
    /// How; empty where the database's declaration does not change.
    pub statements: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
}

impl StructureStep {
    pub(super) fn planned(table: &str, change: Change, statements: Vec<String>) -> Self {
        Self { table: table.to_owned(), change, statements, outcome: Outcome::Planned }
    }
}

/// A table that does not fit its topics and was left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The table.
    pub table: String,
    /// Why, and what to do.
    pub error: StoreError,
}

/// What the columns of tables that others made really hold, by table and column, where that is not what the definition
/// says.
pub type RealColumns = BTreeMap<String, BTreeMap<String, ColumnKind>>;

/// What was planned, or done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// The steps, in their order.
    pub steps: Vec<StructureStep>,
    /// The tables that do not fit; others go on without them.
    pub refused: Vec<Refusal>,
    /// What the columns of adopted tables and of synonyms hold.
    pub real: RealColumns,
}

impl Synced {
    /// The same, or the error of the first table that does not fit.
    pub fn checked(mut self) -> Result<Self, StoreError> {
        if self.refused.is_empty() { Ok(self) } else { Err(self.refused.swap_remove(0).error) }
    }
}
