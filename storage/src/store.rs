//! A store by its URL: callers never see which database it is.

use std::future::Future;
use std::pin::Pin;

use nightowl_core::port::StoreError;

use crate::mysql::{self, MysqlStore};
use crate::postgres::{self, PostgresStore};
use crate::server::ServerOptions;
use crate::sql::{DialectTexts, SqlSession, TrafficCounts};
use crate::sqlite::{self, SqliteOptions, SqliteStore};

/// A future that runs beside its connection.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a store is opened, whatever its database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreOptions {
    /// For SQLite.
    pub sqlite: SqliteOptions,
    /// For database servers.
    pub server: ServerOptions,
}

/// A store. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// A SQLite file, or one in memory.
    Sqlite(SqliteStore),
    /// A PostgreSQL database.
    Postgres(PostgresStore),
    /// A MySQL or MariaDB database.
    Mysql(MysqlStore),
}

const UNKNOWN_SCHEME: &str = "the URL does not begin with a known scheme; use sqlite://file.db, sqlite::memory:, postgres://… or mysql://…";

impl Store {
    /// Opens the store that a URL names: `sqlite://path`, `sqlite::memory:`, `postgres://…`, `mysql://…`.
    pub fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        match scheme {
            "sqlite" => Ok(Self::Sqlite(SqliteStore::open(url, &options.sqlite)?)),
            "postgres" | "postgresql" => Ok(Self::Postgres(PostgresStore::open(url, &options.server)?)),
            "mysql" | "mariadb" => Ok(Self::Mysql(MysqlStore::open(url, &options.server)?)),
            _ => Err(StoreError::UnknownUrl { reason: UNKNOWN_SCHEME.to_owned() }),
        }
    }

    /// The statements that the store of a URL would be sent; it is not opened.
    pub fn statement_texts(url: &str) -> Result<DialectTexts, StoreError> {
        match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
            "sqlite" => Ok(DialectTexts::new(sqlite::dialect())),
            "postgres" | "postgresql" => Ok(DialectTexts::new(postgres::dialect())),
            "mysql" | "mariadb" => Ok(DialectTexts::new(mysql::dialect())),
            _ => Err(StoreError::UnknownUrl { reason: UNKNOWN_SCHEME.to_owned() }),
        }
    }

    /// Whether both are one SQLite file, so that a writer of one keeps those of the other waiting.
    pub fn is_file_of(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Sqlite(one), Self::Sqlite(other)) if one.is_file_of(other))
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
            Self::Postgres(store) => store.write(job).await,
            Self::Mysql(store) => store.write(job).await,
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
            Self::Postgres(store) => store.read(job).await,
            Self::Mysql(store) => store.read(job).await,
        }
    }

    /// Runs a job that only reads and may take long, beside a unit of work of another store: neither writers nor those who
    /// read META and traces wait for it.
    pub async fn visit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(store) => store.visit(job).await,
            // The pool of units of work.
            Self::Postgres(store) => store.write(job).await,
            Self::Mysql(store) => store.write(job).await,
        }
    }

    /// How much it was asked since it was opened.
    pub fn traffic(&self) -> TrafficCounts {
        match self {
            Self::Sqlite(store) => store.traffic(),
            Self::Postgres(store) => store.traffic(),
            Self::Mysql(store) => store.traffic(),
        }
    }

    /// Lets the jobs that wait end, then closes the connections.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
            Self::Mysql(store) => store.close().await,
        }
    }
}
