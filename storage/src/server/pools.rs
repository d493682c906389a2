//! Jobs on pooled connections. A job runs to its end even when its caller no longer waits, and whatever happens in it, the
//! connection that goes back is without a transaction, or is closed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightowl_core::port::StoreError;
use sqlx::pool::{Pool, PoolConnection, PoolOptions};
use sqlx::{Connection, Database};
use tokio::runtime::Handle;

use super::ServerOptions;
use super::warm::{FRESH, Held, Warm};
use crate::sql::SqlSession;
use crate::store::BoxFuture;

/// A session that lives on a pooled connection.
#[async_trait]
pub(crate) trait PooledSession: SqlSession + Sized + 'static {
    /// Undoes a transaction that a job left open; says whether there was one. A connection that can not be used again is
    /// not given back.
    async fn end(self) -> bool;
}

/// How long a job waits for a connection before it is looked whether the server is there at all.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a server may take to answer that it is there.
const ANSWER: Duration = Duration::from_secs(5);

/// The pool of units of work and the one of readers.
pub(crate) struct Pools<DB: Database> {
    write: Pool<DB>,
    read: Pool<DB>,
    warm: [Arc<Warm<DB>>; 2],
    /// Whether connections are kept after a job.
    keep: bool,
    connect: <DB::Connection as Connection>::Options,
    acquire_timeout_ms: u64,
}

impl<DB: Database> fmt::Debug for Pools<DB> {
    /// Options of a connection hold its password.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pools").field("connections", &self.write.size()).field("readers", &self.read.size()).finish_non_exhaustive()
    }
}

impl<DB: Database> Clone for Pools<DB> {
    fn clone(&self) -> Self {
        Self {
            write: self.write.clone(),
            read: self.read.clone(),
            warm: self.warm.clone(),
            keep: self.keep,
            connect: self.connect.clone(),
            acquire_timeout_ms: self.acquire_timeout_ms,
        }
    }
}

impl<DB: Database> Pools<DB> {
    /// Two pools that connect when they are first used. `prepare` says what a new connection needs.
    pub(crate) fn new(
        connect: &<DB::Connection as Connection>::Options,
        options: &ServerOptions,
        prepare: impl Fn(PoolOptions<DB>) -> PoolOptions<DB>,
    ) -> Result<Self, StoreError>
    where
        <DB::Connection as Connection>::Options: Clone,
    {
        if Handle::try_current().is_err() {
            return Err(StoreError::Internal { reason: "a store on a server was opened outside of a runtime".to_owned() });
        }
        let pool = |connections: u32| {
            let keep = options.keep;
            let pool = PoolOptions::new()
                .max_connections(connections.max(1))
                .min_connections(0)
                .acquire_timeout(options.acquire_timeout)
                .max_lifetime(options.lifetime)
                .test_before_acquire(false)
                .before_acquire(|connection: &mut DB::Connection, known| Box::pin(async move { Ok(known.idle_for < FRESH || connection.ping().await.is_ok()) }))
                .after_release(move |_, _| Box::pin(async move { Ok(keep) }));
            prepare(pool).connect_lazy_with(connect.clone())
        };
        Ok(Self {
            write: pool(options.connections),
            read: pool(options.read_connections),
            warm: [Warm::new(), Warm::new()],
            keep: options.keep,
            connect: connect.clone(),
            acquire_timeout_ms: u64::try_from(options.acquire_timeout.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// A connection for a unit of work, or for reading.
    pub(crate) async fn connection(&self, reading: bool, map: fn(&sqlx::Error) -> StoreError) -> Result<Held<DB>, StoreError> {
        let [write, read] = &self.warm;
        let (pool, warm) = if reading { (&self.read, read) } else { (&self.write, write) };
        let waits = match warm.take() {
            Ok(held) => return Ok(held),
            Err(waits) => waits,
        };
        let connection = Box::pin(self.acquired(pool, map)).await?;
        drop(waits);
        let warm = self.keep.then(|| Arc::clone(warm));
        Held::new(connection, warm).ok_or_else(|| StoreError::Internal { reason: "a new connection was in use".to_owned() })
    }

    async fn acquired(&self, pool: &Pool<DB>, map: fn(&sqlx::Error) -> StoreError) -> Result<PoolConnection<DB>, StoreError> {
        tokio::select! {
            biased;
            acquired = pool.acquire() => acquired.map_err(|error| match error {
                sqlx::Error::PoolTimedOut => no_answer(self.acquire_timeout_ms, "no connection was free; raise storage.pool_size, or look what keeps them busy"),
                error => map(&error),
            }),
            away = self.away_after(PATIENCE) => Err(away),
        }
    }

    /// Begins to look whether the server is there only when a connection is long in coming.
    async fn away_after(&self, patience: Duration) -> StoreError {
        tokio::time::sleep(patience).await;
        Box::pin(self.away()).await
    }

    /// Ends when the server can not be reached. The pool itself would try until its time is over.
    async fn away(&self) -> StoreError {
        loop {
            let reason = match tokio::time::timeout(ANSWER, DB::Connection::connect_with(&self.connect)).await {
                Err(_) => format!("the server did not answer within {} s", ANSWER.as_secs()),
                Ok(Err(sqlx::Error::Io(error))) => format!("the server can not be reached ({})", error.kind()),
                // It is there: it is starting, it has too many connections, or all of ours are at work.
                Ok(Err(_)) => {
                    tokio::time::sleep(ANSWER).await;
                    continue;
                }
                Ok(Ok(connection)) => {
                    drop(connection.close().await);
                    tokio::time::sleep(ANSWER).await;
                    continue;
                }
            };
            return StoreError::ConnectionFailed { reason };
        }
    }

    /// Closes all connections; those that work are waited for.
    pub(crate) async fn close(&self) {
        for warm in &self.warm {
            warm.close();
        }
        self.read.close().await;
        self.write.close().await;
    }

    /// Runs a job on a session, to its end.
    pub(crate) async fn run<S, T, F>(mut session: S, job: F) -> Result<T, StoreError>
    where
        S: PooledSession,
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, T> + Send + 'static,
        T: Send + 'static,
    {
        let running = tokio::spawn(async move {
            let output = job(&mut session).await;
            if session.end().await {
                tracing::warn!("a job ended with an open transaction; it was rolled back");
            }
            output
        });
        running.await.map_err(|error| StoreError::Internal {
            reason: if error.is_panic() { "a job on a connection panicked; its transaction was rolled back" } else { "a job was stopped with the runtime" }
                .to_owned(),
        })
    }
}

/// The result of a statement. A server that is gone without a word is given up: one that is there would have ended the
/// statement itself before.
pub(crate) async fn answered<T>(sql: &str, bound: Duration, running: impl Future<Output = Result<T, sqlx::Error>> + Send) -> Result<T, sqlx::Error> {
    // The structure of a table may take as long as it takes.
    if ["CREATE ", "ALTER ", "DROP "].iter().any(|word| sql.starts_with(word)) {
        return running.await;
    }
    let silent = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(bound, running).await.unwrap_or_else(silent)
}

/// Nothing came in time.
pub(crate) fn no_answer(waited_ms: u64, reason: &str) -> StoreError {
    StoreError::Timeout { waited_ms, reason: reason.to_owned() }
}
