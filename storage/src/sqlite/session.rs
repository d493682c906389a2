//! One connection, used on its own thread: statements run where they are awaited.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use rusqlite::{Connection, params_from_iter};

use super::bind::Bound;
use super::dialect::SQLITE;
use super::{error, read};
use crate::sql::{Dialect, SqlSession, SqlValue, Traffic};

/// A session on a connection of this thread. Its futures are always ready.
pub(super) struct SqliteSession {
    connection: Connection,
    traffic: Arc<Traffic>,
}

impl SqliteSession {
    /// A session that owns its connection.
    pub(super) const fn new(connection: Connection, traffic: Arc<Traffic>) -> Self {
        Self { connection, traffic }
    }

    /// Undoes a transaction that a job left open, and says whether there was one.
    pub(super) fn abandon(&mut self) -> bool {
        if self.connection.is_autocommit() {
            return false;
        }
        if let Err(error) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(reason = %error::running(&error), "a transaction could not be rolled back");
        }
        true
    }

    /// Closes the connection, which also empties the write-ahead log into the file.
    pub(super) fn close(self) -> Result<(), StoreError> {
        self.connection.close().map_err(|(_, error)| error::running(&error))
    }

    fn run(&self, sql: &str, values: &[SqlValue]) -> rusqlite::Result<u64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        if statement.column_count() > 0 {
            let mut rows = statement.query(params_from_iter(values.iter().map(Bound)))?;
            let mut count = 0;
            while rows.next()?.is_some() {
                count += 1;
            }
            return Ok(count);
        }
        statement.execute(params_from_iter(values.iter().map(Bound))).map(|count| count as u64)
    }

    fn rows(&self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        let fail = |error: rusqlite::Error| error::running(&error);
        let mut statement = self.connection.prepare_cached(sql).map_err(fail)?;
        let mut rows = statement.query(params_from_iter(values.iter().map(Bound))).map_err(fail)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(fail)? {
            let mut cells = Vec::with_capacity(columns.len());
            for (position, kind) in columns.iter().enumerate() {
                cells.push(read::cell(row.get_ref(position).map_err(fail)?, *kind, position)?);
            }
            found.push(cells);
        }
        Ok(found)
    }
}

#[async_trait]
impl SqlSession for SqliteSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &SQLITE
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        // Some errors (a full disk, for one) end the transaction by themselves; then there is nothing left to undo.
        if sql == "ROLLBACK" && self.connection.is_autocommit() {
            return Ok(0);
        }
        let inside = !self.connection.is_autocommit();
        self.traffic.statement();
        let matched = self.run(sql, values).map_err(|error| error::running(&error))?;
        let committed = if inside { sql == "COMMIT" } else { self.connection.is_autocommit() };
        if committed {
            self.traffic.commit();
        }
        Ok(matched)
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.traffic.statement();
        self.rows(sql, values, columns)
    }
}

impl fmt::Debug for SqliteSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SqliteSession").finish_non_exhaustive()
    }
}
