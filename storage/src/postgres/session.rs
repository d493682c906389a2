//! One pooled connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, PgStatement, Postgres};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr as _, Statement as _};

use super::bind::Bound;
use super::dialect::POSTGRES;
use super::{error, read};
use crate::server::{Held, PooledSession, Translated, answered, is_plain, transaction_after};
use crate::sql::{Dialect, SqlSession, SqlValue, Traffic};

/// The texts of all connections.
static TRANSLATED: Translated = Translated::new();

/// A session on a pooled connection.
pub(super) struct PostgresSession {
    connection: Held<Postgres>,
    traffic: Arc<Traffic>,
    /// How long an answer is waited for.
    bound: Duration,
    /// Whether a transaction is open.
    open: bool,
    /// Whether the connection is not to be used again.
    broken: bool,
}

impl PostgresSession {
    /// A session that has its connection until it ends.
    pub(super) const fn new(connection: Held<Postgres>, traffic: Arc<Traffic>, bound: Duration) -> Self {
        Self { connection, traffic, bound, open: false, broken: false }
    }

    /// The statement, prepared once for each text and connection.
    async fn prepared(&mut self, sql: &str) -> Result<PgStatement, sqlx::Error> {
        let sql = AssertSqlSafe(TRANSLATED.of(sql)).into_sql_str();
        let connection: &mut PgConnection = &mut self.connection;
        connection.prepare(sql).await
    }

    async fn run(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, sqlx::Error> {
        let connection: &mut PgConnection = &mut self.connection;
        if is_plain(sql, values.len()) {
            return sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(|done| done.rows_affected());
        }
        let statement = self.prepared(sql).await?;
        let arguments = bound(&statement, values)?;
        let connection: &mut PgConnection = &mut self.connection;
        statement.query_with(arguments).execute(connection).await.map(|done| done.rows_affected())
    }

    async fn rows(&mut self, sql: &str, values: &[SqlValue]) -> Result<Vec<PgRow>, sqlx::Error> {
        let statement = self.prepared(sql).await?;
        let arguments = bound(&statement, values)?;
        let connection: &mut PgConnection = &mut self.connection;
        statement.query_with(arguments).fetch_all(connection).await
    }

    /// As [`Self::rows`], with values whose types are told to the server, where they are all texts. Preparing a statement by
    /// itself also asks where each of its columns comes from, which nobody here wants to know.
    async fn rows_by_texts(&mut self, sql: &str, texts: &[&str]) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut arguments = PgArguments::default();
        for text in texts {
            arguments.add(*text).map_err(sqlx::Error::Encode)?;
        }
        let sql = AssertSqlSafe(TRANSLATED.of(sql)).into_sql_str();
        let connection: &mut PgConnection = &mut self.connection;
        sqlx::query_with(sql, arguments).fetch_all(connection).await
    }

    /// The meaning of an error, and what follows for the connection.
    async fn failed(&mut self, error: sqlx::Error, sql: &str) -> StoreError {
        let meaning = error::running(&error, sql);
        match meaning {
            StoreError::ConnectionFailed { .. } => self.broken = true,
            // Statements that were prepared before a table was changed are prepared again.
            StoreError::SerializationFailure { .. } | StoreError::ValueNotStorable { .. } if !self.open => {
                self.broken = self.connection.clear_cached_statements().await.is_err();
            }
            _ => {}
        }
        meaning
    }
}

fn bound(statement: &PgStatement, values: &[SqlValue]) -> Result<PgArguments, sqlx::Error> {
    let Some(Either::Left(wanted)) = statement.parameters() else {
        return Err(sqlx::Error::Protocol("no types of parameters".to_owned()));
    };
    let mut arguments = PgArguments::default();
    for (value, wanted) in values.iter().zip(wanted) {
        arguments.add(Bound::new(value, wanted)).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

#[async_trait]
impl SqlSession for PostgresSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &POSTGRES
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
            Err(error) => Err(self.failed(error, sql).await),
        }
    }

    fn give_up(&mut self) {
        self.broken = true;
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.traffic.sent(sql, self.open);
        let rows = match answered(sql, self.bound, self.rows(sql, values)).await {
            Ok(rows) => rows,
            Err(error) => return Err(self.failed(error, sql).await),
        };
        cells(&rows, columns)
    }

    async fn query_own(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        let texts: Option<Vec<&str>> = values.iter().map(|value| if let SqlValue::Text(text) = value { Some(&**text) } else { None }).collect();
        // An error would end a transaction, and there is no second try in it.
        let Some(texts) = texts.filter(|_| !self.open) else { return self.query(sql, values, columns).await };
        let rows = answered(sql, self.bound, self.rows_by_texts(sql, &texts)).await;
        match rows {
            Ok(rows) => {
                self.traffic.sent(sql, self.open);
                cells(&rows, columns)
            }
            // A column that is no text, in a table that others made.
            Err(error) if error::is_of_types(&error) => self.query(sql, values, columns).await,
            Err(error) => {
                self.traffic.sent(sql, self.open);
                Err(self.failed(error, sql).await)
            }
        }
    }
}

fn cells(rows: &[PgRow], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
    rows.iter().map(|row| columns.iter().enumerate().map(|(position, kind)| read::cell(row, position, *kind)).collect()).collect()
}

#[async_trait]
impl PooledSession for PostgresSession {
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

impl fmt::Debug for PostgresSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresSession").field("open", &self.open).finish_non_exhaustive()
    }
}
