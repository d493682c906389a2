//! Many rows in one statement whose text never changes: arrays instead of lists of placeholders (engine.md §3.11).

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;

use crate::sql::bulk::{Batch, Bulk, BulkTable, BulkTexts, KeyCondition, changed_in_between};
use crate::sql::{SqlSession, SqlValue};

/// The statement in front of which nothing else has to be sent: everything that a group writes is in it, so that it is
/// all or nothing without a transaction around it. What changes rows is counted in it, and ends it when a row is missing.
#[derive(Debug)]
pub(super) struct Arrays;

/// The SQLSTATE-independent sign of a missing row: the statement divides by what is 0 then.
const MISSING: &str = "division by zero";

#[async_trait]
impl Bulk for Arrays {
    fn texts(&self, table: &BulkTable) -> BulkTexts {
        let arrays: Vec<String> = table.kinds.iter().map(|kind| format!("?::{}[]", element(*kind))).collect();
        let (name, list, arrays) = (&table.table, table.columns.join(", "), arrays.join(", "));
        let insert = format!("INSERT INTO {name} ({list}) SELECT * FROM UNNEST({arrays})");
        let (Some(id), Some(tenant)) = (table.id, table.tenant) else { return BulkTexts { insert, ..BulkTexts::default() } };
        let places = |count: usize| (0..count).map(|place| format!("c{place}")).collect::<Vec<_>>().join(", ");
        let set: Vec<String> = table
            .columns
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != id && *place != tenant)
            .map(|(place, column)| format!("{column} = v.c{place}"))
            .collect();
        let of = |position: usize| table.columns.get(position).cloned().unwrap_or_default();
        let change = |arrays: &str, count: usize| {
            let (set, places, id_column, tenant_column) = (set.join(", "), places(count), of(id), of(tenant));
            format!("UPDATE {name} AS t SET {set} FROM UNNEST({arrays}) AS v({places}) WHERE t.{id_column} = v.c{id} AND t.{tenant_column} = v.c{tenant}")
        };
        let count = table.columns.len();
        let update = format!("{} RETURNING 1", change(&arrays, count));
        let update_versioned = match table.version {
            Some(version) => format!("{} AND t.{} = v.c{count} RETURNING 1", change(&format!("{arrays}, ?::int8[]"), count + 1), of(version)),
            None => String::new(),
        };
        BulkTexts { insert, update, update_versioned }
    }

    fn is_one_statement(&self) -> bool {
        true
    }

    fn by_keys(&self, table: &BulkTable, columns: &[usize], keys: Vec<Vec<SqlValue>>) -> KeyCondition {
        let names: Vec<&str> = columns.iter().filter_map(|column| table.columns.get(*column)).map(String::as_str).collect();
        let kinds = columns.iter().filter_map(|column| table.kinds.get(*column));
        let arrays: Vec<String> = kinds.map(|kind| format!("?::{}[]", element(*kind))).collect();
        let sql = format!("({}) IN (SELECT * FROM UNNEST({}))", names.join(", "), arrays.join(", "));
        KeyCondition { sql, values: transposed(columns.len(), keys) }
    }

    async fn write(&self, session: &mut dyn SqlSession, batches: Vec<Batch>) -> Result<(), StoreError> {
        let mut statement = Combined::default();
        for Batch { table, inserts, updates } in batches {
            if !inserts.is_empty() {
                statement.push(&table.texts.insert, None);
                statement.push_rows(table.columns.len(), inserts);
            }
            if !updates.is_empty() {
                let versioned = updates.iter().all(|update| update.version.is_some());
                let versions: Vec<SqlValue> = updates.iter().filter_map(|update| update.version).map(SqlValue::Integer).collect();
                statement.push(if versioned { &table.texts.update_versioned } else { &table.texts.update }, Some(updates.len()));
                statement.push_rows(table.columns.len(), updates.into_iter().map(|update| update.row).collect());
                if versioned {
                    statement.values.push(SqlValue::List(versions));
                }
            }
        }
        statement.send(session).await
    }
}

/// Several statements in one.
#[derive(Default)]
struct Combined {
    parts: Vec<String>,
    values: Vec<SqlValue>,
    /// Which parts change how many rows.
    changed: Vec<(usize, usize)>,
}

impl Combined {
    fn push(&mut self, text: &str, changes: Option<usize>) {
        self.changed.extend(changes.map(|count| (self.parts.len(), count)));
        self.parts.push(text.to_owned());
    }

    fn push_rows(&mut self, columns: usize, rows: Vec<Vec<SqlValue>>) {
        self.values.extend(transposed(columns, rows));
    }

    async fn send(mut self, session: &mut dyn SqlSession) -> Result<(), StoreError> {
        if let ([only], []) = (self.parts.as_slice(), self.changed.as_slice()) {
            return session.execute(only, &self.values).await.map(|_| ());
        }
        let mut sql = String::with_capacity(self.parts.iter().map(|part| part.len() + 16).sum());
        for (place, part) in self.parts.iter().enumerate() {
            sql.push_str(if place == 0 { "WITH " } else { ", " });
            sql.push_str(&format!("w{place} AS ({part})"));
        }
        let mut all = String::new();
        for (place, count) in &self.changed {
            all.push_str(&format!(" AND (SELECT count(*) FROM w{place}) = ?::int8"));
            self.values.push(SqlValue::Integer(i64::try_from(*count).unwrap_or(i64::MAX)));
        }
        sql.push_str(&format!(" SELECT (1 / (CASE WHEN true{all} THEN 1 ELSE 0 END))::int8"));
        match session.query(&sql, &self.values, &[ColumnKind::Integer { bits: 64 }]).await {
            Err(error) if error.to_string().contains(MISSING) => Err(changed_in_between("a group")),
            done => done.map(|_| ()),
        }
    }
}

/// Rows as an array for each column.
fn transposed(columns: usize, rows: Vec<Vec<SqlValue>>) -> Vec<SqlValue> {
    let mut arrays: Vec<Vec<SqlValue>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (array, value) in arrays.iter_mut().zip(row) {
            array.push(value);
        }
    }
    arrays.into_iter().map(SqlValue::List).collect()
}

/// The type of an array's elements.
const fn element(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Integer { bits: 64 } => "int8",
        ColumnKind::Integer { bits: 32 } => "int4",
        ColumnKind::Integer { .. } | ColumnKind::Boolean => "int2",
        ColumnKind::Decimal { .. } => "numeric",
        ColumnKind::Text { .. } => "text",
        ColumnKind::Date => "date",
        ColumnKind::DateTime { .. } => "timestamp",
        ColumnKind::Time => "time",
        ColumnKind::Json => "json",
    }
}
