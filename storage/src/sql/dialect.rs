//! What differs between SQL databases, and nothing else.
//!
//! A dialect is a folder (`sqlite/`) whose `dialect.rs` implements this trait; statements, criteria, rows, the journal
//! and structures are written once on top of it. Statement texts use `?` for every value, whatever the dialect.

use std::fmt::Debug;

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{Computation, StoreError};

use super::bulk::Bulk;
use super::piece::{Piece, PieceKind};
use super::{SqlValue, Statements};

/// How a dialect meets a unique violation of an INSERT without losing the transaction (engine.md §3.11 rule 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// The failing statement alone is undone, so its error is enough (SQLite, MySQL).
    StatementFails,
    /// A failing statement aborts the transaction, so this clause is added and no matched row means a conflict.
    Clause(&'static str),
}

/// How long rows and keys may be, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// All columns of a row together, but for what is kept outside of it.
    pub row: u32,
    /// All columns of an index together.
    pub key: u32,
    /// What a column takes at most.
    pub of: fn(ColumnKind) -> u32,
    /// The type of a text that is kept outside of the row.
    pub outside_type: &'static str,
    /// What such a text takes in the row.
    pub outside: u32,
}

/// How one database is spoken to.
pub trait Dialect: Send + Sync + Debug {
    /// Its name, as in the scheme of a store's URL.
    fn name(&self) -> &'static str;

    /// The texts that were rendered for this dialect.
    fn statements(&self) -> &Statements;

    /// Appends an identifier in quotes. Identifiers come from compiled plans only and are quoted all the same
    /// (storage.md §11.1).
    fn quote(&self, identifier: &str, out: &mut String) {
        let mark = self.quote_mark();
        out.push(mark);
        for letter in identifier.chars() {
            if letter == mark {
                out.push(mark);
            }
            out.push(letter);
        }
        out.push(mark);
    }

    /// What an identifier stands between; inside of one it is doubled.
    fn quote_mark(&self) -> char {
        '"'
    }

    /// How long the name of an index may be, in bytes (storage.md §11.5).
    fn longest_name(&self) -> usize;

    /// The type of a column in DDL (storage.md §11.3).
    fn column_type(&self, kind: ColumnKind) -> String;

    /// The type of a column that is the whole primary key and an integer.
    fn key_type(&self) -> &'static str;

    /// What follows the closing parenthesis of a CREATE TABLE.
    fn table_options(&self) -> &'static str;

    /// How many rows are worth putting into one INSERT.
    fn rows_per_insert(&self) -> usize;

    /// How many rows are written at once by a group (engine.md §3.11, rule 3); none where each is sent alone.
    fn bulk(&self) -> Option<&'static dyn Bulk> {
        None
    }

    /// Whether a value that is written to a column is read back as it was.
    fn reads_back(&self, _kind: ColumnKind, _value: &SqlValue) -> bool {
        true
    }

    /// Counts the columns of a table whose texts are equal where their characters are not; its one `?` is the table's
    /// name. None where there are no such columns.
    fn inexact_text_columns(&self) -> Option<&'static str> {
        None
    }

    /// How a unique violation is met.
    fn on_conflict(&self) -> OnConflict;

    /// How a transaction that will write begins.
    fn begin(&self) -> &'static str;

    /// Whether DDL is undone by a rollback (storage.md §9).
    fn ddl_in_transaction(&self) -> bool;

    /// What locks the rows of a SELECT until the transaction ends; empty where there are no row locks.
    fn lock_clause(&self) -> &'static str;

    /// The same, passing over rows that others hold.
    fn skip_locked_clause(&self) -> &'static str;

    /// The database's own clock in UTC, as a moment with six digits (storage.md §12.7).
    fn utc_now(&self) -> &'static str;

    /// The same clock, so many seconds later; its one `?` is the number of seconds.
    fn utc_now_plus_seconds(&self) -> &'static str;

    /// The columns of a table: name and declared type; its one `?` is the table's name.
    fn columns_of_table(&self) -> &'static str;

    /// Whether an index may leave rows out by a condition.
    fn has_partial_indexes(&self) -> bool {
        true
    }

    /// Table and name of the columns of several tables, in one query that asks for no more than that. Tables that are not
    /// there have none. `places` are the `?` of the tables' names, with commas between them.
    fn column_names_of(&self, places: &str) -> String;

    /// The columns of a table's indexes, primary keys aside, in the order of the indexes' names and of the columns in them:
    /// index, 1 where it is unique, column. Its one `?` is the table's name.
    fn indexes_of_table(&self) -> &'static str;

    /// Whether a column can hold another kind without losing a value, by the statements of [`Dialect::change_column`].
    fn widens(&self, from: ColumnKind, to: ColumnKind) -> bool;

    /// The statements that change a column's type; empty where the declaration does not show it.
    fn change_column(&self, table: &str, column: &str, from: ColumnKind, to: ColumnKind) -> Vec<String>;

    /// A comparison of two exact numbers with an operator like `<`.
    fn compare_numbers(&self, left: Piece, operator: &'static str, right: Piece) -> Piece;

    /// A day as the moment at its midnight.
    fn midnight(&self, day: Piece) -> Piece;

    /// A computation over elements (storage.md §5), or `UnsupportedComputation`.
    fn compute(&self, computation: Computation, elements: Vec<Piece>) -> Result<Piece, StoreError>;

    /// The sum of a quoted column; null for no rows.
    fn sum(&self, column: &str) -> String;

    /// The mean of a quoted column; null for no rows.
    fn average(&self, column: &str) -> String;

    /// What stands for a bound value in an expression. Where a column is written or compared the database knows what is
    /// meant; a dialect that must be told in expressions says it here.
    fn placeholder(&self, _value: &SqlValue, _kind: PieceKind) -> String {
        "?".to_owned()
    }

    /// A comparison of two texts: in the order of their characters' codes, as in memory.
    fn compare_texts(&self, left: Piece, operator: &'static str, right: Piece) -> Piece {
        left.compared(operator, right)
    }

    /// The type of a column of a table of ours (storage.md §15.6), where it differs from a factor's.
    fn own_column_type(&self, kind: ColumnKind) -> String {
        self.column_type(kind)
    }

    /// Whether a column that others declared so holds what a column of this kind holds (storage.md §11.5, §12.8).
    fn holds(&self, declared: &str, kind: ColumnKind) -> bool {
        declared.eq_ignore_ascii_case(&self.column_type(kind))
    }

    /// The kind of column that a declared type is, where it is exactly one; what it holds decides in tables that others made
    /// (storage.md §12.8).
    fn declared_kind(&self, _declared: &str) -> Option<ColumnKind> {
        None
    }

    /// How long a row and a key may be; none where texts never make one too long.
    fn sizes(&self) -> Option<Sizes> {
        None
    }

    /// What a session that changes tables sets first: such statements may take longer than those of triggers. In a
    /// transaction where the dialect has DDL in transactions; else the connection is not used again.
    fn unhurried(&self) -> &'static [&'static str] {
        &[]
    }

    /// The statement that drops an index.
    fn drop_index(&self, _table: &str, index: &str) -> String {
        format!("DROP INDEX {}", self.quoted(index))
    }

    /// What keeps other processes from changing the structure at the same time, and what ends it: a query each, whose one
    /// integer is 1 where it was granted. None where the transaction itself does it.
    fn structure_lock(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// An identifier in quotes.
    fn quoted(&self, identifier: &str) -> String {
        let mut out = String::with_capacity(identifier.len() + 2);
        self.quote(identifier, &mut out);
        out
    }
}
