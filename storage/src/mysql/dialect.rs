//! How MySQL and MariaDB are spoken to (storage.md §5, §11.3).

use chrono::Timelike as _;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{Computation, StoreError};

use super::bulk::Lists;
use super::{dates, expression};
use crate::sql::bulk::Bulk;
use crate::sql::{Dialect, OnConflict, Piece, PieceKind, Sizes, SqlValue, Statements};

/// MySQL or MariaDB: they differ in the name of a collation and in how many digits stand after a point.
#[derive(Debug)]
pub struct MysqlDialect {
    statements: Statements,
    collation: &'static str,
    table_options: &'static str,
    largest_scale: u8,
    /// Whether JSON is kept as the text that was written.
    keeps_json: bool,
}

static MYSQL: MysqlDialect = MysqlDialect {
    statements: Statements::new(),
    collation: "utf8mb4_0900_bin",
    table_options: " CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
    largest_scale: 30,
    keeps_json: false,
};
static MARIADB: MysqlDialect = MysqlDialect {
    statements: Statements::new(),
    collation: "utf8mb4_nopad_bin",
    table_options: " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    largest_scale: 38,
    keeps_json: true,
};

/// A row's columns together, whatever the engine; texts count with four bytes a character.
const LONGEST_ROW: u32 = 65_535;
/// A key's columns together, in InnoDB's usual row format.
const LONGEST_KEY: u32 = 3_072;
/// The longest pointer to what is kept outside of a row.
const OUTSIDE: u32 = 12;

/// What a column takes of a row at most, with a byte for null.
fn bytes_of(kind: ColumnKind) -> u32 {
    1 + match kind {
        ColumnKind::Integer { bits } => u32::from(bits) / 8,
        ColumnKind::Boolean => 1,
        ColumnKind::Decimal { precision, .. } => u32::from(precision) / 2 + 4,
        ColumnKind::Text { length } if length > 1_023 => OUTSIDE,
        ColumnKind::Text { length } => length * 4 + 2,
        ColumnKind::Date => 3,
        ColumnKind::DateTime { .. } => 8,
        ColumnKind::Time => 3,
        ColumnKind::Json => OUTSIDE,
    }
}

impl MysqlDialect {
    /// The dialect of a server that calls its version so.
    pub(super) fn of_version(version: &str) -> &'static Self {
        if version.to_ascii_lowercase().contains("mariadb") { &MARIADB } else { &MYSQL }
    }
}

/// The dialect of MariaDB, as long as no server has told its version.
pub fn dialect() -> &'static MysqlDialect {
    &MARIADB
}

impl Dialect for MysqlDialect {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn statements(&self) -> &Statements {
        &self.statements
    }

    fn quote_mark(&self) -> char {
        '`'
    }

    fn longest_name(&self) -> usize {
        64
    }

    /// `millisecond` does not fit a TINYINT, so all small integers are SMALLINT; `full-datetime` keeps three digits (D10).
    fn column_type(&self, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::Integer { bits: 64 } => "BIGINT".to_owned(),
            ColumnKind::Integer { bits: 32 } => "INT".to_owned(),
            ColumnKind::Integer { .. } => "SMALLINT".to_owned(),
            ColumnKind::Boolean => "TINYINT".to_owned(),
            ColumnKind::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            ColumnKind::Text { length: u32::MAX } => "LONGTEXT".to_owned(),
            ColumnKind::Text { length } if length > 1_023 => "TEXT".to_owned(),
            ColumnKind::Text { length } => format!("VARCHAR({length})"),
            ColumnKind::Date => "DATE".to_owned(),
            ColumnKind::DateTime { fraction: false } => "DATETIME".to_owned(),
            ColumnKind::DateTime { fraction: true } => "DATETIME(3)".to_owned(),
            ColumnKind::Time => "TIME".to_owned(),
            ColumnKind::Json => "JSON".to_owned(),
        }
    }

    /// Times of the machinery have six digits everywhere.
    fn own_column_type(&self, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::DateTime { fraction: true } => "DATETIME(6)".to_owned(),
            kind => self.column_type(kind),
        }
    }

    fn key_type(&self) -> &'static str {
        "BIGINT"
    }

    fn table_options(&self) -> &'static str {
        self.table_options
    }

    fn rows_per_insert(&self) -> usize {
        256
    }

    fn bulk(&self) -> Option<&'static dyn Bulk> {
        Some(&Lists)
    }

    /// Fractions of a second are cut off where a column keeps none, and MySQL's JSON has an order and numbers of its own.
    fn reads_back(&self, kind: ColumnKind, value: &SqlValue) -> bool {
        match (kind, value) {
            (ColumnKind::DateTime { .. }, SqlValue::DateTime(moment)) => moment.nanosecond() == 0,
            (ColumnKind::Time, SqlValue::Time(time)) => time.nanosecond() == 0,
            (ColumnKind::Json, SqlValue::Json(_)) => self.keeps_json,
            _ => true,
        }
    }

    /// Tables that we make have exact collations; adopted ones may have others. MariaDB's JSON is a long text of its own
    /// collation, and no key.
    fn inexact_text_columns(&self) -> Option<&'static str> {
        Some(
            "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND collation_name IS NOT NULL \
             AND collation_name NOT IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') AND NOT (data_type = 'longtext' AND collation_name = 'utf8mb4_bin')",
        )
    }

    fn on_conflict(&self) -> OnConflict {
        OnConflict::StatementFails
    }

    fn begin(&self) -> &'static str {
        "START TRANSACTION"
    }

    fn ddl_in_transaction(&self) -> bool {
        false
    }

    fn lock_clause(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn skip_locked_clause(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }

    fn utc_now(&self) -> &'static str {
        "UTC_TIMESTAMP(6)"
    }

    fn utc_now_plus_seconds(&self) -> &'static str {
        "TIMESTAMPADD(SECOND, ?, UTC_TIMESTAMP(6))"
    }

    fn columns_of_table(&self) -> &'static str {
        "SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position"
    }

    fn has_partial_indexes(&self) -> bool {
        false
    }

    /// Without the declared type, which is a long text: the server would keep each result in files of its own.
    fn column_names_of(&self, places: &str) -> String {
        format!("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN ({places})")
    }

    fn indexes_of_table(&self) -> &'static str {
        "SELECT index_name, 1 - non_unique, COALESCE(column_name, '') FROM information_schema.statistics \
         WHERE table_schema = DATABASE() AND table_name = ? AND index_name <> 'PRIMARY' ORDER BY index_name, seq_in_index"
    }

    fn widens(&self, from: ColumnKind, to: ColumnKind) -> bool {
        use ColumnKind::{Boolean, Date, DateTime, Decimal, Integer, Text};
        match (from, to) {
            (from, to) if from == to => true,
            (Integer { bits: from }, Integer { bits: to }) => from <= to,
            (Boolean, Integer { .. }) | (Date, DateTime { .. }) | (DateTime { fraction: false }, DateTime { .. }) => true,
            (Text { length: from }, Text { length: to }) => from <= to,
            (Decimal { precision, scale }, Decimal { precision: to_precision, scale: to_scale }) => {
                scale <= to_scale && precision - scale <= to_precision.saturating_sub(to_scale)
            }
            _ => false,
        }
    }

    fn change_column(&self, table: &str, column: &str, from: ColumnKind, to: ColumnKind) -> Vec<String> {
        if self.column_type(from) == self.column_type(to) {
            return Vec::new();
        }
        vec![format!("ALTER TABLE {} MODIFY COLUMN {} {}", self.quoted(table), self.quoted(column), self.column_type(to))]
    }

    fn compare_numbers(&self, left: Piece, operator: &'static str, right: Piece) -> Piece {
        left.compared(operator, right)
    }

    fn midnight(&self, day: Piece) -> Piece {
        Piece::template("CAST({} AS DATETIME(6))", &[&day], PieceKind::DateTime)
    }

    fn compute(&self, computation: Computation, elements: Vec<Piece>) -> Result<Piece, StoreError> {
        match computation {
            Computation::Compute(compute) => match expression::operator(compute) {
                Some(operator) => expression::folded(&operator, elements),
                None => dates::part(compute, &elements),
            },
            Computation::Concat => Ok(expression::concatenated(elements, self.collation)),
            Computation::YearDiff | Computation::MonthDiff | Computation::DayDiff => dates::difference(computation, &elements),
            Computation::FormatDate => dates::formatted(&elements),
            Computation::CharLength => Ok(expression::length(&elements)),
            Computation::MoveDate => Err(StoreError::UnsupportedComputation { reason: "a date of a column can not be moved on MySQL".to_owned() }),
        }
    }

    fn sum(&self, column: &str) -> String {
        format!("SUM({column})")
    }

    fn average(&self, column: &str) -> String {
        expression::average(column)
    }

    /// Exact numbers go as text, which would be compared as a float.
    fn placeholder(&self, value: &SqlValue, _kind: PieceKind) -> String {
        match value {
            SqlValue::Decimal(_, scale) => format!("CAST(? AS DECIMAL(65,{}))", (*scale).min(self.largest_scale)),
            _ => "?".to_owned(),
        }
    }

    fn holds(&self, declared: &str, kind: ColumnKind) -> bool {
        let name = declared.split(['(', ' ']).next().unwrap_or_default();
        let is_integer = matches!(name, "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal");
        match kind {
            ColumnKind::Integer { .. } | ColumnKind::Boolean => is_integer || name == "bit",
            ColumnKind::Decimal { .. } => is_integer || matches!(name, "double" | "float"),
            ColumnKind::Text { .. } => name.ends_with("char") || name.ends_with("text") || name == "enum",
            ColumnKind::Date | ColumnKind::DateTime { .. } => matches!(name, "date" | "datetime" | "timestamp"),
            ColumnKind::Time => name == "time",
            ColumnKind::Json => name == "json" || name.ends_with("text"),
        }
    }

    fn declared_kind(&self, declared: &str) -> Option<ColumnKind> {
        let (name, rest) = declared.split_once('(').unwrap_or((declared, ")"));
        let (arguments, suffix) = rest.split_once(')')?;
        if !suffix.trim().is_empty() {
            return None;
        }
        Some(match name.trim() {
            "bigint" => ColumnKind::Integer { bits: 64 },
            "int" => ColumnKind::Integer { bits: 32 },
            "smallint" => ColumnKind::Integer { bits: 16 },
            "tinyint" => ColumnKind::Integer { bits: 8 },
            "decimal" => {
                let (precision, scale) = arguments.split_once(',')?;
                ColumnKind::Decimal { precision: precision.parse().ok().filter(|digits| *digits <= 38)?, scale: scale.parse().ok()? }
            }
            "varchar" => ColumnKind::Text { length: arguments.parse().ok()? },
            // Bounded by bytes: as many characters fit for certain.
            "text" => ColumnKind::Text { length: 65_535 / 4 },
            "mediumtext" | "longtext" => ColumnKind::Text { length: 16_777_215 / 4 },
            "date" => ColumnKind::Date,
            "datetime" => ColumnKind::DateTime { fraction: !arguments.is_empty() },
            "time" => ColumnKind::Time,
            "json" => ColumnKind::Json,
            _ => return None,
        })
    }

    fn sizes(&self) -> Option<Sizes> {
        Some(Sizes { row: LONGEST_ROW, key: LONGEST_KEY, of: bytes_of, outside_type: "TEXT", outside: OUTSIDE })
    }

    fn unhurried(&self) -> &'static [&'static str] {
        // A statement that waits for the end of others' transactions keeps everybody from the table.
        const PATIENCE: &str = "SET SESSION lock_wait_timeout = 60";
        if self.largest_scale == MARIADB.largest_scale { &["SET SESSION max_statement_time = 3600", PATIENCE] } else { &[PATIENCE] }
    }

    fn drop_index(&self, table: &str, index: &str) -> String {
        format!("DROP INDEX {} ON {}", self.quoted(index), self.quoted(table))
    }

    fn structure_lock(&self) -> Option<(&'static str, &'static str)> {
        Some((
            "SELECT GET_LOCK(CONCAT('nightowl-', LEFT(SHA2(DATABASE(), 256), 32)), 30)",
            "SELECT RELEASE_LOCK(CONCAT('nightowl-', LEFT(SHA2(DATABASE(), 256), 32)))",
        ))
    }
}
