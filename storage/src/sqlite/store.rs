//! A SQLite database: a writer, and beside it a reader that never waits for a writing group.

use std::sync::Arc;

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
            place,
            traffic,
        })
    }

    /// How much it was asked since it was opened.
    pub fn traffic(&self) -> TrafficCounts {
        self.traffic.counts()
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

    /// Lets the jobs that wait end, then closes the connections. Later jobs are refused; closing again does nothing.
    pub async fn close(&self) -> Result<(), StoreError> {
        if let Some(reader) = &self.reader {
            reader.close().await?;
        }
        self.writer.close().await
    }
}
