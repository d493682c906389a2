//! One pooled connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlRow};
use sqlx::{Arguments as _, AssertSqlSafe};

use super::bind::Bound;
use super::dialect::MysqlDialect;
use super::{error, read};
use crate::server::{Held, PooledSession, answered, is_plain, transaction_after};
use crate::sql::{Dialect, SqlSession, SqlValue, Traffic};

/// A session on a pooled connection.
pub(super) struct MysqlSession {
    connection: Held<MySql>,
    dialect: &'static MysqlDialect,
    traffic: Arc<Traffic>,
    /// How long an answer is waited for.
    bound: Duration,
    /// Whether a transaction is open.
    open: bool,
    /// Whether the connection is not to be used again.
    broken: bool,
}

impl MysqlSession {
    /// A session that has its connection until it ends.
    pub(super) const fn new(connection: Held<MySql>, dialect: &'static MysqlDialect, traffic: Arc<Traffic>, bound: Duration) -> Self {
        Self { connection, dialect, traffic, bound, open: false, broken: false }
    }

    async fn run(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, sqlx::Error> {
        let text = AssertSqlSafe(sql.to_owned());
        let connection: &mut MySqlConnection = &mut self.connection;
        if is_plain(sql, values.len()) {
            return sqlx::raw_sql(text).execute(connection).await.map(|done| done.rows_affected());
        }
        sqlx::query_with(text, bound(values)?).execute(connection).await.map(|done| done.rows_affected())
    }

    async fn rows(&mut self, sql: &str, values: &[SqlValue]) -> Result<Vec<MySqlRow>, sqlx::Error> {
        let connection: &mut MySqlConnection = &mut self.connection;
        sqlx::query_with(AssertSqlSafe(sql.to_owned()), bound(values)?).fetch_all(connection).await
    }

    /// The meaning of an error, and what follows for the connection.
    fn failed(&mut self, error: &sqlx::Error, sql: &str) -> StoreError {
        let meaning = error::running(error, sql);
        self.broken |= matches!(meaning, StoreError::ConnectionFailed { .. });
        meaning
    }
}

fn bound(values: &[SqlValue]) -> Result<MySqlArguments, sqlx::Error> {
    let mut arguments = MySqlArguments::default();
    for value in values {
        arguments.add(Bound(value)).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

#[async_trait]
impl SqlSession for MysqlSession {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        let done = answered(sql, self.bound, self.run(sql, values)).await;
        self.traffic.sent(sql, self.open);
        if let Some(open) = transaction_after(sql) {
            // A COMMIT that fails has ended the transaction, too.
            self.open = open && done.is_ok();
        }
        match done {
            Ok(count) => Ok(count),
            Err(error) if (sql.starts_with("CREATE ") || sql.starts_with("ALTER ")) && error::is_there_already(&error) => Ok(0),
            Err(error) => Err(self.failed(&error, sql)),
        }
    }

    fn give_up(&mut self) {
        self.broken = true;
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.traffic.sent(sql, self.open);
        let rows = answered(sql, self.bound, self.rows(sql, values)).await.map_err(|error| self.failed(&error, sql))?;
        rows.iter().map(|row| columns.iter().enumerate().map(|(position, kind)| read::cell(row, position, *kind)).collect()).collect()
    }
}

#[async_trait]
impl PooledSession for MysqlSession {
    async fn end(mut self) -> bool {
        let abandoned = self.open;
        if abandoned && !self.broken {
            self.broken = self.execute("ROLLBACK", &[]).await.is_err();
        }
        if !self.broken {
            self.connection.ended_well();
        }
        abandoned
    }
}

impl fmt::Debug for MysqlSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("MysqlSession").field("open", &self.open).finish_non_exhaustive()
    }
}
