//! How PostgreSQL is spoken to (storage.md §5, §11.3).

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::{Computation, StoreError};

use super::bulk::Arrays;
use super::{dates, expression};
use crate::sql::bulk::Bulk;
use crate::sql::{Dialect, OnConflict, Piece, PieceKind, SqlValue, Statements};

/// PostgreSQL.
#[derive(Debug)]
pub struct PostgresDialect {
    statements: Statements,
}

/// The one dialect that all PostgreSQL connections share.
pub(super) static POSTGRES: PostgresDialect = PostgresDialect { statements: Statements::new() };

/// The dialect of PostgreSQL.
pub fn dialect() -> &'static PostgresDialect {
    &POSTGRES
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn statements(&self) -> &Statements {
        &self.statements
    }

    fn longest_name(&self) -> usize {
        63
    }

    fn column_type(&self, kind: ColumnKind) -> String {
        match kind {
            ColumnKind::Integer { bits: 64 } => "BIGINT".to_owned(),
            ColumnKind::Integer { bits: 32 } => "INTEGER".to_owned(),
            ColumnKind::Integer { .. } | ColumnKind::Boolean => "SMALLINT".to_owned(),
            ColumnKind::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            ColumnKind::Text { length: u32::MAX } => "TEXT".to_owned(),
            ColumnKind::Text { length } => format!("VARCHAR({length})"),
            ColumnKind::Date => "DATE".to_owned(),
            ColumnKind::DateTime { .. } => "TIMESTAMP".to_owned(),
            ColumnKind::Time => "TIME".to_owned(),
            ColumnKind::Json => "JSON".to_owned(),
        }
    }

    fn key_type(&self) -> &'static str {
        "BIGINT"
    }

    fn table_options(&self) -> &'static str {
        ""
    }

    fn rows_per_insert(&self) -> usize {
        256
    }

    fn bulk(&self) -> Option<&'static dyn Bulk> {
        Some(&Arrays)
    }

    fn on_conflict(&self) -> OnConflict {
        OnConflict::Clause(" ON CONFLICT DO NOTHING")
    }

    fn begin(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL READ COMMITTED"
    }

    fn ddl_in_transaction(&self) -> bool {
        true
    }

    fn lock_clause(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn skip_locked_clause(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }

    /// When the statement began, since `now()` stands still in a transaction.
    fn utc_now(&self) -> &'static str {
        "(statement_timestamp() AT TIME ZONE 'UTC')"
    }

    fn utc_now_plus_seconds(&self) -> &'static str {
        "(statement_timestamp() AT TIME ZONE 'UTC' + ?::int8 * interval '1 second')"
    }

    fn columns_of_table(&self) -> &'static str {
        "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a \
         WHERE a.attrelid = to_regclass(quote_ident(?::text)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    }

    fn column_names_of(&self, places: &str) -> String {
        format!(
            "SELECT t.name, a.attname::text FROM unnest(ARRAY[{places}]::text[]) AS t(name) \
             JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(t.name)) WHERE a.attnum > 0 AND NOT a.attisdropped"
        )
    }

    fn indexes_of_table(&self) -> &'static str {
        "SELECT c.relname::text, (i.indisunique AND i.indpred IS NULL)::int4::int8, coalesce(a.attname::text, '') FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) \
         LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum \
         WHERE i.indrelid = to_regclass(quote_ident(?::text)) AND NOT i.indisprimary ORDER BY c.relname, k.place"
    }

    fn widens(&self, from: ColumnKind, to: ColumnKind) -> bool {
        use ColumnKind::{Boolean, Date, DateTime, Decimal, Integer, Text};
        match (from, to) {
            (from, to) if from == to => true,
            (Integer { bits: from }, Integer { bits: to }) => from <= to,
            (Boolean, Integer { .. }) | (Date, DateTime { .. }) | (DateTime { .. }, DateTime { .. }) => true,
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
        vec![format!("ALTER TABLE {} ALTER COLUMN {} TYPE {}", self.quoted(table), self.quoted(column), self.column_type(to))]
    }

    fn compare_numbers(&self, left: Piece, operator: &'static str, right: Piece) -> Piece {
        left.compared(operator, right)
    }

    fn midnight(&self, day: Piece) -> Piece {
        Piece::template("({})::timestamp", &[&day], PieceKind::DateTime)
    }

    fn compute(&self, computation: Computation, elements: Vec<Piece>) -> Result<Piece, StoreError> {
        match computation {
            Computation::Compute(compute) => match expression::operator(compute) {
                Some(operator) => expression::folded(operator, elements),
                None => dates::part(compute, &elements),
            },
            Computation::Concat => Ok(expression::concatenated(elements)),
            Computation::YearDiff | Computation::MonthDiff | Computation::DayDiff => dates::difference(computation, &elements),
            Computation::FormatDate => dates::formatted(&elements),
            Computation::CharLength => Ok(expression::length(&elements)),
            Computation::MoveDate => Err(StoreError::UnsupportedComputation { reason: "a date of a column can not be moved on PostgreSQL".to_owned() }),
        }
    }

    fn sum(&self, column: &str) -> String {
        format!("sum({column})::numeric")
    }

    fn average(&self, column: &str) -> String {
        expression::average(column)
    }

    /// The type is said, since an expression alone does not tell it.
    fn placeholder(&self, value: &SqlValue, _kind: PieceKind) -> String {
        let cast = match value {
            SqlValue::Null => return "NULL".to_owned(),
            SqlValue::Integer(_) => "int8",
            SqlValue::Decimal(..) => "numeric",
            SqlValue::Text(_) => "text",
            SqlValue::Date(_) => "date",
            SqlValue::DateTime(_) => "timestamp",
            SqlValue::Time(_) => "time",
            SqlValue::Json(_) => "json",
            SqlValue::List(_) => "text[]",
        };
        format!("?::{cast}")
    }

    fn compare_texts(&self, left: Piece, operator: &'static str, right: Piece) -> Piece {
        let mut compared = Piece::template("({}) COLLATE \"C\"", &[&left], PieceKind::Text).compared(operator, right);
        compared.push(" COLLATE \"C\"");
        compared
    }

    fn holds(&self, declared: &str, kind: ColumnKind) -> bool {
        let name = declared.split('(').next().unwrap_or_default().trim();
        match kind {
            ColumnKind::Integer { .. } | ColumnKind::Boolean => matches!(name, "bigint" | "integer" | "smallint" | "numeric" | "boolean"),
            ColumnKind::Decimal { .. } => matches!(name, "numeric" | "bigint" | "integer" | "smallint" | "double precision" | "real"),
            ColumnKind::Text { .. } => matches!(name, "character varying" | "text" | "character"),
            ColumnKind::Date | ColumnKind::DateTime { .. } => name == "date" || name.starts_with("timestamp"),
            ColumnKind::Time => name.starts_with("time") && !name.starts_with("timestamp"),
            ColumnKind::Json => matches!(name, "json" | "jsonb" | "text"),
        }
    }

    fn declared_kind(&self, declared: &str) -> Option<ColumnKind> {
        let (name, arguments) = declared.split_once('(').map_or((declared, ""), |(name, rest)| (name, rest.split(')').next().unwrap_or_default()));
        let declared = name.trim();
        Some(match declared {
            "bigint" => ColumnKind::Integer { bits: 64 },
            "integer" => ColumnKind::Integer { bits: 32 },
            "smallint" => ColumnKind::Integer { bits: 16 },
            "boolean" => ColumnKind::Boolean,
            "numeric" => {
                let (precision, scale) = arguments.split_once(',')?;
                ColumnKind::Decimal { precision: precision.parse().ok().filter(|digits| *digits <= 38)?, scale: scale.parse().ok()? }
            }
            "character varying" if !arguments.is_empty() => ColumnKind::Text { length: arguments.parse().ok()? },
            "text" | "character varying" => ColumnKind::Text { length: u32::MAX },
            "date" => ColumnKind::Date,
            "json" | "jsonb" => ColumnKind::Json,
            "timestamp without time zone" => ColumnKind::DateTime { fraction: true },
            "time without time zone" => ColumnKind::Time,
            _ => return None,
        })
    }

    fn unhurried(&self) -> &'static [&'static str] {
        &["SET LOCAL statement_timeout = '1h'"]
    }

    /// The lock is the session's, so that it covers what several transactions do.
    fn structure_lock(&self) -> Option<(&'static str, &'static str)> {
        Some(("SELECT 1::int8 FROM (SELECT pg_advisory_lock(7955999170241) OFFSET 0) AS l", "SELECT pg_advisory_unlock(7955999170241)::int4::int8"))
    }
}
