//! What columns that others made really hold: that decides what fits into them (storage.md §12.8).

use nightowl_core::compile::{ColumnKind, TopicPlan};
use nightowl_core::port::StoreError;

use super::RealColumns;
use super::shape::{Shape, parse_kind};
use crate::sql::{Dialect, SqlSession, table_columns};

/// Whether values of one kind can be kept in a column of another: numbers among numbers, days among moments, anything as
/// text, and a text where it says what the column holds.
pub(super) const fn suits(wanted: ColumnKind, real: ColumnKind) -> bool {
    use ColumnKind::{Boolean, Date, DateTime, Decimal, Integer, Json, Text, Time};
    matches!(
        (wanted, real),
        (Integer { .. } | Decimal { .. } | Boolean, Integer { .. } | Decimal { .. } | Boolean)
            | (Date | DateTime { .. }, Date | DateTime { .. })
            | (Text { .. }, Integer { .. } | Decimal { .. })
            | (Time, Time)
            | (Json, Json)
            | (Integer { .. } | Decimal { .. } | Json | Text { .. }, Text { .. })
    )
}

/// What a column is used as instead, where the database declares another kind than the definition's. Booleans stay
/// booleans and documents stay documents, whatever keeps them.
fn instead(wanted: ColumnKind, real: ColumnKind) -> Option<ColumnKind> {
    match (wanted, real) {
        (ColumnKind::Boolean | ColumnKind::Json, _) => None,
        (ColumnKind::Integer { .. } | ColumnKind::Decimal { .. }, ColumnKind::Boolean)
        | (ColumnKind::Date | ColumnKind::DateTime { .. }, ColumnKind::DateTime { .. }) => None,
        (wanted, real) => (suits(wanted, real) && wanted != real).then_some(real),
    }
}

/// Notes the columns of an adopted table.
pub(super) fn of_table(table: &str, built: &Shape, wanted: &Shape, dialect: &dyn Dialect, real: &mut RealColumns) {
    for column in &wanted.columns {
        let Some(declared) = built.column(&column.name).and_then(|there| there.real.as_deref()) else { continue };
        note(table, &column.name, parse_kind(&column.kind), declared, dialect, real);
    }
}

/// Notes the columns of a synonym's table. One that is missing is told of; what reads it will fail.
pub(super) async fn of_synonym(session: &mut dyn SqlSession, topic: &TopicPlan, real: &mut RealColumns) -> Result<(), StoreError> {
    let found = table_columns(session, &topic.table).await?;
    if found.is_empty() {
        tracing::warn!(topic = &*topic.name, table = topic.table, "the table of a synonym is missing; what reads it will fail");
        return Ok(());
    }
    for column in &topic.columns {
        match found.iter().find(|(name, _)| *name == column.name) {
            Some((_, declared)) => note(&topic.table, &column.name, Some(column.kind), declared, session.dialect(), real),
            None => tracing::warn!(topic = &*topic.name, column = column.name, "a column of a synonym is missing; what reads the topic will fail"),
        }
    }
    Ok(())
}

fn note(table: &str, column: &str, wanted: Option<ColumnKind>, declared: &str, dialect: &dyn Dialect, real: &mut RealColumns) {
    let instead = wanted.zip(dialect.declared_kind(declared)).and_then(|(wanted, there)| instead(wanted, there));
    if let Some(kind) = instead {
        real.entry(table.to_owned()).or_default().insert(column.to_owned(), kind);
    }
}
