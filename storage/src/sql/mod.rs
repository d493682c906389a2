//! What all SQL databases share: the session, statements, criteria, rows, the journal.

pub mod bulk;
mod catalog;
pub mod convert;
mod criteria;
mod dialect;
mod group;
mod in_doubt;
mod journal;
pub mod marks;
mod operand;
mod passed;
pub mod pending;
mod piece;
mod row_reader;
mod rows;
mod session;
mod statements;
pub mod structure;
pub(crate) mod structure_lock;
mod table;
pub mod tables;
mod texts;
mod traffic;
mod unit_of_work;

pub use catalog::{FoundIndex, table_columns, table_indexes};
pub use dialect::{Dialect, OnConflict, Sizes};
pub use group::{GroupUnitOfWork, JournalTables, Scout};
pub use in_doubt::was_kept;
pub use piece::{Piece, PieceKind};
pub use session::{SqlSession, SqlValue};
pub use statements::{PlanStatements, Statements};
pub use table::{LONG_TEXT, Table, TableColumn, TableIndex};
pub use texts::DialectTexts;
pub use traffic::{Traffic, TrafficCounts};
pub use unit_of_work::SqlUnitOfWork;
