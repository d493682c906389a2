//! Rows of topics, read from what is known and written later where that can be.

use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::{ColumnKind, TopicPlan};
use nightowl_core::port::{Aggregate, Query, StoreError, TopicRows};
use nightowl_core::value::{Object, Value};

use super::GroupUnitOfWork;
use super::key::Key;
use super::known::{differ, id_of};
use crate::sql::rows::bind_row;
use crate::sql::{PlanStatements, SqlValue, convert};

#[async_trait]
impl TopicRows for GroupUnitOfWork<'_> {
    async fn find(&mut self, query: &Query<'_>) -> Result<Vec<Object>, StoreError> {
        let statements = self.statements(query.topic);
        let key = if self.collects().is_some() { self.trusted(Key::of(query), &statements).await? } else { None };
        if let Some(known) = key.as_ref().and_then(|key| self.known.find(query, key)) {
            return Ok(known);
        }
        self.send(Some(&statements.table)).await?;
        if query.lock {
            self.open().await?;
        }
        let found = self.inner.find(query).await;
        let found = self.asked(found)?;
        if let Some((key, id)) = key.zip(statements.id).filter(|_| found.len() < query.limit) {
            self.known.learn(query, key, &found, id);
        }
        Ok(found)
    }

    async fn aggregate(&mut self, query: &Query<'_>, aggregate: Aggregate) -> Result<Value, StoreError> {
        let statements = self.statements(query.topic);
        self.send(Some(&statements.table)).await?;
        let value = self.inner.aggregate(query, aggregate).await;
        self.asked(value)
    }

    async fn insert(&mut self, topic: &TopicPlan, row: &[Value]) -> Result<(), StoreError> {
        let statements = self.statements(topic);
        if self.collects().is_none() {
            self.open().await?;
            let done = self.inner.insert(topic, row).await;
            return self.written(done);
        }
        let values = bind_row(topic, row)?;
        self.note(topic, row, &values, &statements);
        self.collected.insert(Arc::clone(&statements.bulk), values);
        self.send_if_full().await
    }

    async fn update(&mut self, topic: &TopicPlan, row: &[Value], version: Option<i64>) -> Result<u64, StoreError> {
        let statements = self.statements(topic);
        match self.collects().and_then(|_| self.place(topic, row, version, &statements)) {
            Some(Place::Changed) => return Ok(0),
            Some(Place::Later) => {
                let values = bind_row(topic, row)?;
                self.note(topic, row, &values, &statements);
                self.collected.update(Arc::clone(&statements.bulk), values, version);
                return self.send_if_full().await.map(|()| 1);
            }
            Some(Place::Now) | None => {}
        }
        self.past(topic, &statements).await?;
        let done = self.inner.update(topic, row, version).await;
        self.written(done)
    }

    async fn delete(&mut self, topic: &TopicPlan, tenant_id: &str, id: i64, version: Option<i64>) -> Result<u64, StoreError> {
        let statements = self.statements(topic);
        self.past(topic, &statements).await?;
        let done = self.inner.delete(topic, tenant_id, id, version).await;
        self.written(done)
    }
}

/// When a changed row is sent.
enum Place {
    /// Never: its version is another one.
    Changed,
    /// With others.
    Later,
    /// At once.
    Now,
}

impl GroupUnitOfWork<'_> {
    /// When a changed row is sent; none where it is not known.
    fn place(&self, topic: &TopicPlan, row: &[Value], version: Option<i64>, statements: &PlanStatements) -> Option<Place> {
        let known = self.known.row(topic, id_of(row, statements.id?)?)?;
        let stored = statements.bulk.version.and_then(|position| id_of(known, position));
        if version.is_some() && version != stored {
            return Some(Place::Changed);
        }
        // A value of a unique index that moves from row to row is not put off: what another row meets depends on when.
        Some(if differ(known, row, &statements.unique, &topic.columns) { Place::Now } else { Place::Later })
    }

    pub(super) fn statements(&self, topic: &TopicPlan) -> Arc<PlanStatements> {
        let dialect = self.inner.dialect();
        dialect.statements().of(topic, dialect)
    }

    /// Notes what became of a statement that reads.
    pub(super) fn asked<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.is_err() {
            self.lost |= self.inner.is_open() && self.loses_transactions();
        }
        outcome
    }

    /// Before a write that is sent at once: what waits for the table goes first, and what is known of it ends.
    async fn past(&mut self, topic: &TopicPlan, statements: &PlanStatements) -> Result<(), StoreError> {
        self.send(Some(&statements.table)).await?;
        self.open().await?;
        self.known.forget(topic);
        Ok(())
    }

    /// Notes a row that is written, as it would be read; where that can not be told, the topic is asked anew.
    fn note(&mut self, topic: &TopicPlan, row: &[Value], values: &[SqlValue], statements: &PlanStatements) {
        if !self.known.knows(topic) {
            return;
        }
        let dialect = self.inner.dialect();
        let id = statements.id.and_then(|position| id_of(row, position));
        let read_back = values.iter().zip(&statements.kinds).map(|(value, kind)| dialect.reads_back(*kind, value).then(|| convert::from_kind(value, *kind))?);
        match (id, read_back.collect::<Option<Vec<Value>>>()) {
            (Some(id), Some(row)) => self.known.write(topic, id, row),
            _ => self.known.forget(topic),
        }
    }

    /// A key whose values are equal in memory exactly where they are in the database.
    async fn trusted(&mut self, key: Option<Key>, statements: &PlanStatements) -> Result<Option<Key>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        if !key.has_text {
            return Ok(Some(key));
        }
        if let Some(exact) = statements.exact_texts.get() {
            return Ok(exact.then_some(key));
        }
        let exact = match self.inner.dialect().inexact_text_columns() {
            None => true,
            Some(sql) => {
                let table = [SqlValue::Text(statements.name.as_str().into())];
                let counted = self.inner.query(sql, &table, &[ColumnKind::Integer { bits: 64 }]).await;
                self.asked(counted)?.first().and_then(|row| id_of(row, 0)) == Some(0)
            }
        };
        Ok(statements.exact_texts.get_or_init(|| exact).then_some(key))
    }
}
