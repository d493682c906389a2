//! Rows of topics (storage.md §12).

use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::{ColumnKind, TopicPlan};
use nightowl_core::port::{Aggregate, Query, StoreError, TopicRows};
use nightowl_core::value::{Object, Value};

use super::operand::Renderer;
use super::statements::PlanStatements;
use super::{Dialect, OnConflict, Piece, PieceKind, SqlUnitOfWork, SqlValue, convert};

/// Sums and means are read with whatever scale they have.
const ANY_NUMBER: ColumnKind = ColumnKind::Decimal { precision: 38, scale: 0 };

#[async_trait]
impl TopicRows for SqlUnitOfWork<'_> {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        let dialect = self.dialect();
        let statements = dialect.statements().of(query.topic, dialect);
        let select = select(query, &statements, dialect)?;
        let rows = self.query(&select.sql, &select.values, &statements.kinds).await?;
        Ok(rows.into_iter().map(|row| Object::with_shape(Arc::clone(&query.topic.row_shape), row)).collect())
    }

    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError> {
        let dialect = self.dialect();
        let statements = dialect.statements().of(query.topic, dialect);
        let (select, kind) = select_aggregate(query, aggregate, &statements, dialect)?;
        let rows = self.query(&select.sql, &select.values, &[kind]).await?;
        Ok(rows.into_iter().flatten().next().unwrap_or_default())
    }

    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError> {
        let dialect = self.dialect();
        let statements = dialect.statements().of(topic, dialect);
        let values = bind_row(topic, row)?;
        match dialect.on_conflict() {
            OnConflict::StatementFails => {
                self.execute(&statements.insert, &values).await?;
            }
            OnConflict::Clause(clause) => {
                if self.execute(&format!("{}{clause}", statements.insert), &values).await? == 0 {
                    return Err(StoreError::InsertConflict { table: topic.table.clone(), index: String::new() });
                }
            }
        }
        Ok(())
    }

    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError> {
        let dialect = self.dialect();
        let statements = dialect.statements().of(topic, dialect);
        let (id, tenant) = keys(topic, &statements)?;
        let mut values = bind_row(topic, row)?;
        // The keys go to the end, the later one first, so that the positions of the others hold.
        let (mut id_value, mut tenant_value) = (SqlValue::Null, SqlValue::Null);
        for position in [id.max(tenant), id.min(tenant)] {
            let value = values.remove(position);
            *(if position == id { &mut id_value } else { &mut tenant_value }) = value;
        }
        values.extend([id_value, tenant_value]);
        values.extend(version.map(SqlValue::Integer));
        self.execute(if version.is_some() { &statements.update_versioned } else { &statements.update }, &values).await
    }

    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError> {
        let dialect = self.dialect();
        let statements = dialect.statements().of(topic, dialect);
        keys(topic, &statements)?;
        let mut values = vec![SqlValue::Integer(id), SqlValue::Text(tenant_id.into())];
        values.extend(version.map(SqlValue::Integer));
        self.execute(if version.is_some() { &statements.delete_versioned } else { &statements.delete }, &values).await
    }
}

/// The statement that finds rows.
pub(super) fn select(query: &Query<'_>, statements: &PlanStatements, dialect: &dyn Dialect) -> Result<Piece, StoreError> {
    let mut select = with_condition(&statements.select, query, statements, dialect)?;
    select.push(&statements.order);
    select.push(" LIMIT ?");
    select.values.push(SqlValue::Integer(i64::try_from(query.limit).unwrap_or(i64::MAX)));
    if query.lock {
        select.push(dialect.lock_clause());
    }
    Ok(select)
}

/// The statement that computes something over rows, and what it gives.
pub(super) fn select_aggregate(
    query: &Query<'_>,
    aggregate: Aggregate,
    statements: &PlanStatements,
    dialect: &dyn Dialect,
) -> Result<(Piece, ColumnKind), StoreError> {
    let (expression, kind) = match aggregate {
        Aggregate::Count => ("COUNT(*)".to_owned(), ColumnKind::Integer { bits: 64 }),
        Aggregate::Sum(column) => (dialect.sum(number_column(statements, column)?), ANY_NUMBER),
        Aggregate::Average(column) => (dialect.average(number_column(statements, column)?), ANY_NUMBER),
    };
    let head = format!("SELECT {expression} FROM {}", statements.table);
    Ok((with_condition(&head, query, statements, dialect)?, kind))
}

/// A statement with the query's condition behind it; the tenant comes first (D-18), synonyms have none.
fn with_condition(head: &str, query: &Query<'_>, statements: &PlanStatements, dialect: &dyn Dialect) -> Result<Piece, StoreError> {
    let condition = Renderer { dialect, statements }.condition(&query.criterion)?;
    let mut statement = Piece::new(head, PieceKind::Null);
    statement.push(" WHERE ");
    if let Some(tenant) = statements.tenant.and_then(|tenant| statements.columns.get(tenant)) {
        statement.push(tenant);
        statement.push(" = ? AND ");
        statement.values.push(SqlValue::Text(query.tenant_id.into()));
    }
    statement.append(condition);
    Ok(statement)
}

fn number_column(statements: &PlanStatements, column: usize) -> Result<&str, StoreError> {
    match (statements.columns.get(column), statements.kinds.get(column)) {
        (Some(name), Some(ColumnKind::Integer { .. } | ColumnKind::Decimal { .. } | ColumnKind::Boolean)) => Ok(name),
        _ => Err(StoreError::UnsupportedComputation { reason: format!("column {column} of {} holds no numbers", statements.table) }),
    }
}

pub(super) fn bind_row(topic: &TopicPlan, row: &[Value]) -> Result<Vec<SqlValue>, StoreError> {
    if row.len() != topic.columns.len() {
        let reason = format!("a row has {} values where the topic has {} columns", row.len(), topic.columns.len());
        return Err(StoreError::Unexpected { object: format!("table {}", topic.table), reason });
    }
    topic.columns.iter().zip(row).map(|(column, value)| convert::to_column(value, column)).collect()
}

/// The positions of `id_` and `tenant_id_`; a synonym has neither and is never written.
fn keys(topic: &TopicPlan, statements: &PlanStatements) -> Result<(usize, usize), StoreError> {
    statements.id.zip(statements.tenant).ok_or_else(|| StoreError::Unexpected {
        object: format!("table {}", topic.table),
        reason: "it belongs to a synonym, which is never written".to_owned(),
    })
}
