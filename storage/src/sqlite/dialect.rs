//! How SQLite is spoken to (storage.md §11.3, §11.11).

use nightowl_core::compile::ColumnKind;
use nightowl_core::model::ComputeType;
use nightowl_core::port::{Computation, StoreError};

use crate::sql::{Dialect, OnConflict, Piece, PieceKind, Statements};

/// SQLite.
#[derive(Debug)]
pub struct SqliteDialect {
    statements: Statements,
}

/// The one dialect that all SQLite connections share.
pub(super) static SQLITE: SqliteDialect = SqliteDialect { statements: Statements::new() };

/// How every SQLite database is spoken to.
pub fn dialect() -> &'static SqliteDialect {
    &SQLITE
}

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn statements(&self) -> &Statements {
        &self.statements
    }

    /// SQLite has no limit; PostgreSQL's is kept, so that a file's names are those of a server.
    fn longest_name(&self) -> usize {
        63
    }

    fn column_type(&self, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::Integer { .. } | ColumnKind::Boolean => "INTEGER".to_owned(),
            _ => "TEXT".to_owned(),
        }
    }

    fn key_type(&self) -> &'static str {
        "INTEGER"
    }

    fn table_options(&self) -> &'static str {
        " STRICT"
    }

    /// A prepared statement of one row is as fast as SQLite gets.
    fn rows_per_insert(&self) -> usize {
        1
    }

    fn on_conflict(&self) -> OnConflict {
        OnConflict::StatementFails
    }

    fn begin(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    fn ddl_in_transaction(&self) -> bool {
        true
    }

    fn lock_clause(&self) -> &'static str {
        ""
    }

    fn skip_locked_clause(&self) -> &'static str {
        ""
    }

    fn utc_now(&self) -> &'static str {
        "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    }

    fn utc_now_plus_seconds(&self) -> &'static str {
        "strftime('%Y-%m-%d %H:%M:%f000', 'now', ? || ' seconds')"
    }

    fn columns_of_table(&self) -> &'static str {
        "SELECT name, type FROM pragma_table_xinfo(?)"
    }

    fn column_names_of(&self, places: &str) -> String {
        format!("SELECT m.name, c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name IN ({places})")
    }

    fn indexes_of_table(&self) -> &'static str {
        "SELECT l.name, l.\"unique\", coalesce(i.name, '') FROM pragma_index_list(?) l, pragma_index_info(l.name) i \
         WHERE l.origin <> 'pk' ORDER BY l.name, i.seqno"
    }

    /// The stored form decides: lengths, ranges and precisions are checked before a value is sent (D20).
    fn widens(&self, from: ColumnKind, to: ColumnKind) -> bool {
        use ColumnKind::{Boolean, Date, DateTime, Decimal, Integer, Text};
        match (from, to) {
            (from, to) if from == to => true,
            (Integer { .. } | Boolean, Integer { .. }) | (Text { .. }, Text { .. }) | (Date | DateTime { .. }, DateTime { .. }) => true,
            (Decimal { scale: from, .. }, Decimal { scale: to, .. }) => from <= to,
            _ => false,
        }
    }

    /// Declarations do not show lengths, ranges and precisions, so only another form of the stored text needs a statement.
    fn change_column(&self, table: &str, column: &str, from: ColumnKind, to: ColumnKind) -> Vec<String> {
        let (table, column) = (self.quoted(table), self.quoted(column));
        match (from, to) {
            (ColumnKind::Decimal { scale: from, .. }, ColumnKind::Decimal { scale: to, .. }) if from < to => {
                let zeros = "0".repeat(usize::from(to - from));
                let added = if from == 0 { format!(".{zeros}") } else { zeros };
                vec![format!("UPDATE {table} SET {column} = {column} || '{added}' WHERE {column} IS NOT NULL")]
            }
            (ColumnKind::Date, ColumnKind::DateTime { .. }) => {
                vec![format!("UPDATE {table} SET {column} = {column} || ' 00:00:00' WHERE {column} IS NOT NULL")]
            }
            _ => Vec::new(),
        }
    }

    fn compare_numbers(&self, left: Piece, operator: &'static str, right: Piece) -> Piece {
        let mut compared = Piece::call("nightowl_cmp", [left, right], PieceKind::Boolean);
        compared.push(" ");
        compared.push(operator);
        compared.push(" 0");
        compared
    }

    fn midnight(&self, day: Piece) -> Piece {
        let mut moment = Piece::new("(", PieceKind::DateTime);
        moment.append(day);
        moment.push(" || ' 00:00:00')");
        moment
    }

    fn compute(&self, computation: Computation, elements: Vec<Piece>) -> Result<Piece, StoreError> {
        let unsupported = |reason: &str| StoreError::UnsupportedComputation { reason: reason.to_owned() };
        let (name, kind) = match computation {
            Computation::Compute(compute) => match arithmetic(compute) {
                Some(name) => {
                    let mut elements = elements.into_iter();
                    let first = elements.next().ok_or_else(|| unsupported("there is nothing to compute with"))?;
                    return Ok(elements.fold(first, |left, right| Piece::call(name, [left, right], PieceKind::Number)));
                }
                None => (date_part(compute).ok_or_else(|| unsupported("this type of computation is no expression"))?, PieceKind::Integer),
            },
            Computation::Concat => ("nightowl_concat", PieceKind::Text),
            Computation::YearDiff => ("nightowl_year_diff", PieceKind::Integer),
            Computation::MonthDiff => ("nightowl_month_diff", PieceKind::Integer),
            Computation::DayDiff => ("nightowl_day_diff", PieceKind::Integer),
            Computation::MoveDate => {
                let kind = elements.first().map_or(PieceKind::Null, |first| first.kind);
                ("nightowl_move_date", if kind == PieceKind::Date { kind } else { PieceKind::DateTime })
            }
            Computation::FormatDate => ("nightowl_format_date", PieceKind::Text),
            Computation::CharLength => {
                let elements = elements.into_iter().map(|element| Piece::call("coalesce", [element, Piece::new("''", PieceKind::Text)], PieceKind::Text));
                return Ok(Piece::call("length", elements, PieceKind::Integer));
            }
        };
        Ok(Piece::call(name, elements, kind))
    }

    fn sum(&self, column: &str) -> String {
        format!("nightowl_sum({column})")
    }

    fn average(&self, column: &str) -> String {
        format!("nightowl_avg({column})")
    }
}

const fn arithmetic(compute: ComputeType) -> Option<&'static str> {
    Some(match compute {
        ComputeType::Add => "nightowl_add",
        ComputeType::Subtract => "nightowl_sub",
        ComputeType::Multiply => "nightowl_mul",
        ComputeType::Divide => "nightowl_div",
        ComputeType::Modulus => "nightowl_mod",
        _ => return None,
    })
}

const fn date_part(compute: ComputeType) -> Option<&'static str> {
    Some(match compute {
        ComputeType::YearOf => "nightowl_year",
        ComputeType::HalfYearOf => "nightowl_half_year",
        ComputeType::QuarterOf => "nightowl_quarter",
        ComputeType::MonthOf => "nightowl_month",
        ComputeType::WeekOfYear => "nightowl_week_of_year",
        ComputeType::WeekOfMonth => "nightowl_week_of_month",
        ComputeType::DayOfMonth => "nightowl_day_of_month",
        ComputeType::DayOfWeek => "nightowl_day_of_week",
        _ => return None,
    })
}
