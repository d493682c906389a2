//! A SQLite database: a writer, and beside it a reader that never waits for a writing group.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use nightowl_core::port::StoreError;

use super::connection::{self, Place, SqliteOptions};
use super::session::SqliteSession;
use super::thread::Worker;
use crate::sql::{SqlSession, Traffic, TrafficCounts};
use crate::store::BoxFuture;

/// A SQLite database. Handles are cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    place: Place,
    writer: Worker,
    /// `None` in memory, where the one connection does both.
    reader: Option<Worker>,
    /// Opened when it is first needed.
    visitor: Arc<OnceLock<Worker>>,
    options: SqliteOptions,
    traffic: Arc<Traffic>,
}

impl SqliteStore {
    /// Opens `sqlite://path`, `sqlite::memory:` or a path.
    pub fn open(url_or_path: &str, options: &SqliteOptions) -> Result<Self, StoreError> {
        let place = Place::parse(url_or_path);
        let traffic = Arc::new(Traffic::default());
        let writer = SqliteSession::new(connection::open_writer(&place, options)?, Arc::clone(&traffic));
        let reader = match &place {
            Place::Memory => None,
            Place::File(path) => Some(SqliteSession::new(connection::open_reader(path, options)?, Arc::clone(&traffic))),
        };
        Ok(Self {
            writer: Worker::start("nightowl-sqlite-writer", writer, options.queue)?,
            reader: reader.map(|session| Worker::start("nightowl-sqlite-reader", session, options.queue)).transpose()?,
            visitor: Arc::default(),
            options: options.clone(),
            place,
            traffic,
        })
    }

    /// How much it was asked since it was opened.
    pub fn traffic(&self) -> TrafficCounts {
        self.traffic.counts()
    }

    /// Whether another one lives in the same file.
    pub(crate) fn is_file_of(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Place::File(one), Place::File(other)) => {
                one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
            }
            _ => false,
        }
    }

    /// Where it lives.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Runs a job on the writing connection's thread, to its end. The job's own result may be anything; the outer error
    /// says that it could not be run. A transaction that it leaves open is rolled back.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Runs a job that only reads. It sees what was committed when each of its statements began.
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        self.reader.as_ref().unwrap_or(&self.writer).run(job).await
    }

    /// Runs a job that only reads and may take long, beside a unit of work of another store: nobody else reads on its
    /// connection.
    pub async fn visit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        match &self.place {
            Place::Memory => self.writer.run(job).await,
            Place::File(path) => self.visitor(path)?.run(job).await,
        }
    }

    fn visitor(&self, path: &Path) -> Result<&Worker, StoreError> {
        if let Some(visitor) = self.visitor.get() {
            return Ok(visitor);
        }
        let session = SqliteSession::new(connection::open_reader(path, &self.options)?, Arc::clone(&self.traffic));
        let opened = Worker::start("nightowl-sqlite-visitor", session, self.options.queue)?;
        // Of two that open it at the same time one is enough.
        Ok(self.visitor.get_or_init(|| opened))
    }

    /// Lets the jobs that wait end, then closes the connections. Later jobs are refused; closing again does nothing.
    pub async fn close(&self) -> Result<(), StoreError> {
        for reader in self.reader.iter().chain(self.visitor.get()) {
            reader.close().await?;
        }
        self.writer.close().await
    }
}
