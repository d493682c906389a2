//! A session that notes what passes through it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use nightowl_storage::sql::{Dialect, SqlSession, SqlValue};

/// A statement that was sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    /// Its text.
    pub sql: String,
    /// Its values.
    pub values: Vec<SqlValue>,
    /// What its result's columns hold; empty where it is no query.
    pub columns: Vec<ColumnKind>,
}

/// A session around another one.
pub(super) struct Recording<'a> {
    inner: &'a mut dyn SqlSession,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl<'a> Recording<'a> {
    /// Notes what is sent to `inner` in `sent`.
    pub(super) fn new(inner: &'a mut dyn SqlSession, sent: Arc<Mutex<Vec<Sent>>>) -> Self {
        Self { inner, sent }
    }

    fn note(&self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) {
        if let Ok(mut sent) = self.sent.lock() {
            sent.push(Sent { sql: sql.to_owned(), values: values.to_vec(), columns: columns.to_vec() });
        }
    }
}

#[async_trait]
impl SqlSession for Recording<'_> {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        self.note(sql, values, &[]);
        self.inner.execute(sql, values).await
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.note(sql, values, columns);
        self.inner.query(sql, values, columns).await
    }
}
