//! A PostgreSQL database: a pool for units of work, and beside it one for readers.

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::port::StoreError;
use sqlx::Postgres;

use super::session::PostgresSession;
use super::{connection, error};
use crate::server::{Pools, ServerOptions};
use crate::sql::{SqlSession, Traffic, TrafficCounts};
use crate::store::BoxFuture;

/// A PostgreSQL database. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pools: Pools<Postgres>,
    traffic: Arc<Traffic>,
    answer_timeout: Duration,
}

impl PostgresStore {
    /// Opens `postgres://user:password@host:port/database`; the server is reached when a job first needs it.
    pub fn open(url: &str, options: &ServerOptions) -> Result<Self, StoreError> {
        let pools = Pools::new(&connection::options(url, options)?, options, |pool| pool)?;
        Ok(Self { pools, traffic: Arc::default(), answer_timeout: options.answer_timeout() })
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
        let connection = self.pools.connection(reading, error::connecting).await?;
        Pools::<Postgres>::run(PostgresSession::new(connection, Arc::clone(&self.traffic), self.answer_timeout), job).await
    }

    /// Lets the jobs that work end, then closes the connections. Later jobs are refused.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.pools.close().await;
        Ok(())
    }
}
