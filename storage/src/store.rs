//! A store by its URL: callers never see which database it is.

use std::future::Future;
use std::pin::Pin;

use nightowl_core::port::StoreError;

use crate::sql::{DialectTexts, SqlSession, TrafficCounts};
use crate::sqlite::{self, SqliteOptions, SqliteStore};

/// A future that runs beside its connection.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a store is opened, whatever its database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreOptions {
    /// For SQLite.
    pub sqlite: SqliteOptions,
}

/// A store. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// A SQLite file, or one in memory.
    Sqlite(SqliteStore),
}

impl Store {
    /// Opens the store that a URL names: `sqlite://path`, `sqlite::memory:`.
    pub fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            "sqlite" => Ok(Self::Sqlite(SqliteStore::open(url, &options.sqlite)?)),
            "postgres" | "postgresql" | "mysql" | "mariadb" => {
                Err(StoreError::UnknownUrl { reason: format!("{scheme} is not supported yet; use sqlite://file.db or sqlite::memory:") })
            }
            _ => Err(StoreError::UnknownUrl { reason: "the URL does not begin with a known scheme; use sqlite://file.db or sqlite::memory:".to_owned() }),
        }
    }

    /// The statements that the store of a URL would be sent; it is not opened.
    pub fn statement_texts(url: &str) -> Result<DialectTexts, StoreError> {
        match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
            "sqlite" => Ok(DialectTexts::new(sqlite::dialect())),
            scheme => Err(StoreError::UnknownUrl { reason: format!("{scheme} is not supported yet; use sqlite://file.db or sqlite::memory:") }),
        }
    }

    /// Runs a job on a connection that may write, to its end. The job's own result may be anything; the outer error says
    /// that it could not be run. A transaction that it leaves open is rolled back.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.write(job).await,
        }
    }

    /// Runs a job that only reads, on a connection that never waits for writers.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.read(job).await,
        }
    }

    /// How much it was asked since it was opened.
    pub fn traffic(&self) -> TrafficCounts {
        match self {
            Self::Sqlite(store) => store.traffic(),
        }
    }

    /// Lets the jobs that wait end, then closes the connections.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.close().await,
        }
    }
}
