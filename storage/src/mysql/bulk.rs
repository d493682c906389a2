//! Many rows in one statement, in a few sizes, so that the statements stay prepared (engine.md §3.11).

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;

use crate::sql::bulk::{Batch, Bulk, BulkTable, BulkTexts, BulkUpdate, KeyCondition, changed_in_between};
use crate::sql::{SqlSession, SqlValue};

/// How many rows one statement has at most.
const ROWS_AT_MOST: usize = 256;
/// How many placeholders a statement may have.
const PLACES_AT_MOST: usize = 60_000;

/// Lists of rows, whose number is a power of two.
#[derive(Debug)]
pub(super) struct Lists;

#[async_trait]
impl Bulk for Lists {
    /// What stands before the rows; of a change, what stands behind them is derived from it.
    fn texts(&self, table: &BulkTable) -> BulkTexts {
        let insert = format!("INSERT INTO {} ({}) VALUES ", table.table, table.columns.join(", "));
        let (Some(id), Some(tenant)) = (table.id, table.tenant) else { return BulkTexts { insert, ..BulkTexts::default() } };
        let of = |position: usize| table.columns.get(position).cloned().unwrap_or_default();
        let set: Vec<String> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != id && *place != tenant)
            .map(|(place, column)| format!("t.{column} = v.c{place}"))
            .collect();
        let update = format!(") AS v ON t.{} = v.c{id} SET {} WHERE t.{} = ?", of(id), set.join(", "), of(tenant));
        let update_versioned = table.version.map(|version| format!("{update} AND t.{} = v.c{}", of(version), table.columns.len())).unwrap_or_default();
        BulkTexts { insert, update, update_versioned }
    }

    fn is_one_statement(&self) -> bool {
        false
    }

    /// As many keys as a power of two: the last one again and again, which changes nothing.
    fn by_keys(&self, table: &BulkTable, columns: &[usize], keys: Vec<Vec<SqlValue>>) -> KeyCondition {
        let names: Vec<&str> = columns.iter().filter_map(|column| table.columns.get(*column)).map(String::as_str).collect();
        let key = format!("({})", vec!["?"; columns.len()].join(", "));
        let count = keys.len().next_power_of_two();
        let again = keys.last().cloned().unwrap_or_default();
        let missing = count - keys.len();
        let values = keys.into_iter().chain(std::iter::repeat_n(again, missing)).flatten().collect();
        KeyCondition { sql: format!("({}) IN ({})", names.join(", "), vec![key.as_str(); count].join(", ")), values }
    }

    async fn write(&self, session: &mut dyn SqlSession, batches: Vec<Batch>) -> Result<(), StoreError> {
        for Batch { table, inserts, updates } in batches {
            insert(session, &table, inserts).await?;
            update(session, &table, updates).await?;
        }
        Ok(())
    }
}

/// The largest power of two that fits.
fn size(left: usize, columns: usize) -> usize {
    let most = left.min(ROWS_AT_MOST).min(PLACES_AT_MOST / columns.max(1)).max(1);
    if most.is_power_of_two() { most } else { most.next_power_of_two() / 2 }
}

async fn insert(session: &mut dyn SqlSession, table: &BulkTable, rows: Vec<Vec<SqlValue>>) -> Result<(), StoreError> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    let mut left = rows.into_iter();
    while left.len() > 0 {
        let count = size(left.len(), table.columns.len());
        let sql = format!("{}{}", table.texts.insert, vec![row.as_str(); count].join(", "));
        let values: Vec<SqlValue> = left.by_ref().take(count).flatten().collect();
        session.execute(&sql, &values).await?;
    }
    Ok(())
}

async fn update(session: &mut dyn SqlSession, table: &BulkTable, rows: Vec<BulkUpdate>) -> Result<(), StoreError> {
    let versioned = rows.first().is_some_and(|update| update.version.is_some());
    let tail = if versioned { &table.texts.update_versioned } else { &table.texts.update };
    let places: Vec<&str> = table.kinds.iter().map(|kind| place(*kind)).chain(versioned.then_some(INTEGER)).collect();
    let named: Vec<String> = places.iter().enumerate().map(|(position, place)| format!("{place} AS c{position}")).collect();
    let (first, further) = (named.join(", "), format!(" UNION ALL SELECT {}", places.join(", ")));
    let mut left = rows.into_iter();
    while left.len() > 0 {
        let count = size(left.len(), places.len());
        let sql = format!("UPDATE {} AS t JOIN (SELECT {first}{}{tail}", table.table, further.repeat(count - 1));
        let mut values = Vec::with_capacity(count * places.len() + 1);
        let mut tenants = Vec::with_capacity(count);
        for BulkUpdate { row, version } in left.by_ref().take(count) {
            tenants.extend(table.tenant.and_then(|tenant| row.get(tenant)).cloned());
            values.extend(row);
            values.extend(version.map(SqlValue::Integer));
        }
        // All rows of a plan belong to the tenant for whom it was compiled.
        let tenant = tenants.pop().filter(|tenant| tenants.iter().all(|other| other == tenant));
        values.push(tenant.ok_or_else(|| changed_in_between(&table.table))?);
        if session.execute(&sql, &values).await? != count as u64 {
            return Err(changed_in_between(&table.table));
        }
    }
    Ok(())
}

const INTEGER: &str = "CAST(? AS SIGNED)";

/// A place in a list without a table, whose type the server would guess: integers are compared, the others only written.
const fn place(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Integer { .. } | ColumnKind::Boolean => INTEGER,
        _ => "?",
    }
}
