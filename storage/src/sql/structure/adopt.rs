//! What is really there: a table that others made, one that was dropped, columns that somebody added (storage.md §11.1,
//! §11.5).

use std::collections::BTreeSet;

use nightowl_core::compile::{ColumnKind, FixedColumn, TopicPlan};
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::real;
use super::shape::{ColumnShape, IndexShape, Shape, TableShape, parse_kind};
use crate::sql::{Dialect, FoundIndex, SqlSession, table_columns, table_indexes};

/// How many tenants of an adopted table are looked at; beyond that it is open to all.
const MOST_TENANTS: usize = 1_000;

/// What was found of a table.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its indexes.
    pub(super) indexes: Vec<FoundIndex>,
    /// Whether the table was not known before, so that it is adopted now.
    pub(super) adopted: bool,
}

/// Takes over what is there.
pub(super) async fn take_over(
    session: &mut dyn SqlSession,
    table: &str,
    record: &mut TableShape,
    wanted: &Shape,
    sharing: &[&TopicPlan],
) -> Result<Found, StoreError> {
    let columns = table_columns(session, table).await?;
    if columns.is_empty() {
        (record.built, record.made, record.closed_to) = (Shape::default(), true, None);
        return Ok(Found::default());
    }
    let found = table_indexes(session, table).await?;
    let adopted = !record.made && record.built.columns.is_empty();
    if adopted && !columns.iter().any(|(name, _)| name == FixedColumn::Id.name()) {
        return Err(StoreError::TableConflict {
            table: table.to_owned(),
            reason: "it is there and has no column id_, so it is no table of a topic (one of kind synonym can read it)".to_owned(),
        });
    }
    record.built.columns.retain(|column| columns.iter().any(|(name, _)| *name == column.name));
    for (name, declared) in &columns {
        if record.built.column(name).is_none()
            && let Some(column) = wanted.column(name)
        {
            record.built.columns.push(column_of(table, column, declared, record.made, session.dialect())?);
        }
    }
    indexes(&mut record.built, wanted, &found, adopted);
    if adopted && keys_of_all_tenants(&found).is_some() {
        record.closed_to = tenants(session, table, &columns, sharing).await?;
    }
    match (&record.closed_to, keys_of_all_tenants(&found)) {
        (Some(known), Some(index)) if sharing.iter().any(|topic| !known.contains(&*topic.tenant_id)) => Err(StoreError::TableConflict {
            table: table.to_owned(),
            reason: format!("its unique index \"{index}\" has no tenant_id_, so that one tenant's keys would block another's"),
        }),
        _ => Ok(Found { indexes: found, adopted }),
    }
}

/// A column that was found, as it is recorded.
fn column_of(table: &str, wanted: &ColumnShape, declared: &str, made: bool, dialect: &dyn Dialect) -> Result<ColumnShape, StoreError> {
    let kind = parse_kind(&wanted.kind);
    let suits = kind.is_some_and(|kind| match dialect.declared_kind(declared) {
        Some(there) => real::suits(kind, there),
        None => dialect.holds(declared, kind),
    });
    if !suits {
        let needed = kind.map(|kind| dialect.column_type(kind)).unwrap_or_default();
        let reason = format!("column \"{}\" is declared {declared} where {needed} is needed; give the factor a type that it can hold", wanted.name);
        return Err(StoreError::WouldLoseData { table: table.to_owned(), reason });
    }
    Ok(ColumnShape { real: (!made).then(|| declared.to_owned()), ..wanted.clone() })
}

/// The indexes that are there. When a table is adopted, all that its columns would have are the matter of others, be they
/// there or not: an adopted table is given none.
fn indexes(built: &mut Shape, wanted: &Shape, found: &[FoundIndex], adopted: bool) {
    built.indexes.retain(|index| index.of_others || found.iter().any(|there| there.name == index.name));
    for index in &wanted.indexes {
        if built.index(&index.name).is_some() {
            continue;
        }
        let of_others = adopted && index.columns.iter().all(|name| built.column(name).is_some());
        if of_others || found.iter().any(|there| is_it(there, index)) {
            built.indexes.push(IndexShape { of_others, ..index.clone() });
        }
    }
}

/// Whether an index that was found is the wanted one, made by a step that was taken and not recorded.
fn is_it(found: &FoundIndex, wanted: &IndexShape) -> bool {
    found.name == wanted.name && found.unique == wanted.unique && found.columns == wanted.columns
}

/// A unique index that tells tenants not apart.
fn keys_of_all_tenants(found: &[FoundIndex]) -> Option<&str> {
    let tenant = FixedColumn::TenantId.name();
    found.iter().find(|index| index.unique && !index.columns.iter().any(|column| column == tenant)).map(|index| index.name.as_str())
}

/// The tenants that use a table when it is adopted: those that define a topic on it, and those that have rows in it.
async fn tenants(
    session: &mut dyn SqlSession,
    table: &str,
    columns: &[(String, String)],
    sharing: &[&TopicPlan],
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let mut tenants: BTreeSet<String> = sharing.iter().map(|topic| topic.tenant_id.to_string()).collect();
    let name = FixedColumn::TenantId.name();
    if columns.iter().any(|(column, _)| column == name) {
        let dialect = session.dialect();
        let sql = format!("SELECT DISTINCT {} FROM {} LIMIT {MOST_TENANTS}", dialect.quoted(name), dialect.quoted(table));
        let rows = session.query(&sql, &[], &[ColumnKind::Text { length: 50 }]).await?;
        if rows.len() >= MOST_TENANTS {
            return Ok(None);
        }
        tenants.extend(rows.iter().flatten().filter_map(Value::as_text).map(str::to_owned));
    }
    Ok(Some(tenants))
}
