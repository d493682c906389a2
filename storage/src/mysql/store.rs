//! A MySQL or MariaDB database: a pool for units of work, and beside it one for readers.

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::StoreError;
use sqlx::MySql;
use sqlx::mysql::MySqlConnection;
use tokio::sync::OnceCell;

use super::dialect::MysqlDialect;
use super::session::MysqlSession;
use super::{connection, error};
use crate::server::{Pools, ServerOptions};
use crate::sql::{SqlSession, Traffic, TrafficCounts};
use crate::store::BoxFuture;

/// A MySQL or MariaDB database. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct MysqlStore {
    pools: Pools<MySql>,
    traffic: Arc<Traffic>,
    answer_timeout: Duration,
    /// Which of the two it is, asked once.
    dialect: Arc<OnceCell<&'static MysqlDialect>>,
}

impl MysqlStore {
    /// Opens `mysql://user:password@host:port/database`; the server is reached when a job first needs it.
    pub fn open(url: &str, options: &ServerOptions) -> Result<Self, StoreError> {
        let (lock_timeout, statement_timeout) = (options.lock_timeout, options.statement_timeout);
        let pools = Pools::new(&connection::options(url)?, options, |pool| {
            pool.after_connect(move |connection, _| Box::pin(connection::prepare(connection, lock_timeout, statement_timeout)))
        })?;
        Ok(Self { pools, traffic: Arc::default(), answer_timeout: options.answer_timeout(), dialect: Arc::default() })
    }

    /// How much it was asked since it was opened.
    pub fn traffic(&self) -> TrafficCounts {
        self.traffic.counts()
    }

    /// Runs a job on a connection of its own, to its end. A transaction that it leaves open is rolled back.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        self.run(false, job).await
    }

    /// Runs a job that only reads, on a connection that no unit of work ever has.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        self.run(true, job).await
    }

    async fn run<T, F>(&self, reading: bool, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        let mut connection = self.pools.connection(reading, error::connecting).await?;
        let dialect = self.dialect.get_or_try_init(|| dialect_of(&mut connection)).await?;
        Pools::<MySql>::run(MysqlSession::new(connection, dialect, Arc::clone(&self.traffic), self.answer_timeout), job).await
    }

    /// Lets the jobs that work end, then closes the connections. Later jobs are refused.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.pools.close().await;
        Ok(())
    }
}

async fn dialect_of(connection: &mut MySqlConnection) -> Result<&'static MysqlDialect, StoreError> {
    let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(connection).await.map_err(|error| error::connecting(&error))?;
    Ok(MysqlDialect::of_version(&version))
}
