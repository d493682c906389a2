//! Connections of several stores at once, for a unit of work that reaches other data sources (engine.md §3.11, rule 2).
//!
//! A connection is lent: a job of its store holds it and runs the statements that are sent to it, until the session is
//! dropped. What the session left open is then rolled back, as after every job.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use tokio::sync::{mpsc, oneshot};

use crate::sql::{Dialect, SqlSession, SqlValue};
use crate::store::Store;

/// How long a connection is waited for while others are held.
const MOMENT: Duration = Duration::from_millis(100);

/// A connection that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of which store.
    pub store: Store,
    /// What the store is called in messages.
    pub name: String,
    /// Whether it is only read.
    pub reading: bool,
}

/// One connection of each store, in their order. Nobody who holds one waits for another longer than a moment: then all are
/// given back, and the one that was missing is waited for first. [`StoreError::Timeout`] where they can not be had in time.
pub async fn lend(wanted: &[Wanted], wait: Duration) -> Result<Vec<LentSession>, StoreError> {
    let until = Instant::now() + wait;
    let mut first = 0;
    loop {
        let mut lent: Vec<(usize, LentSession)> = Vec::with_capacity(wanted.len());
        let mut missing = None;
        let others = (0..wanted.len()).filter(|place| *place != first);
        for place in std::iter::once(first).chain(others) {
            let Some(one) = wanted.get(place) else { continue };
            let left = until.saturating_duration_since(Instant::now());
            match one.take(if lent.is_empty() { left } else { left.min(MOMENT) }).await? {
                Some(session) => lent.push((place, session)),
                None if lent.is_empty() || left <= MOMENT => return Err(one.busy(wait)),
                None => {
                    missing = Some(place);
                    break;
                }
            }
        }
        match missing {
            Some(place) => first = place,
            None => {
                lent.sort_by_key(|(place, _)| *place);
                return Ok(lent.into_iter().map(|(_, session)| session).collect());
            }
        }
    }
}

impl Wanted {
    /// A connection; none where it can not be had in time.
    async fn take(&self, wait: Duration) -> Result<Option<LentSession>, StoreError> {
        let (sender, statements) = mpsc::channel(1);
        let (begun, has_begun) = oneshot::channel();
        let (store, reading) = (self.store.clone(), self.reading);
        let lending = async move {
            if reading {
                store.visit(move |session| Box::pin(serve(session, statements, begun))).await
            } else {
                store.write(move |session| Box::pin(serve(session, statements, begun))).await
            }
        };
        let lending = tokio::spawn(lending);
        match tokio::time::timeout(wait, has_begun).await {
            Ok(Ok(dialect)) => Ok(Some(LentSession { name: self.name.clone(), dialect, statements: sender })),
            // The job was not begun: its end says why.
            Ok(Err(_)) => match lending.await {
                Ok(Err(error)) => Err(named(&self.name, error)),
                Ok(Ok(())) | Err(_) => Err(gone(&self.name)),
            },
            Err(_) => {
                lending.abort();
                Ok(None)
            }
        }
    }

    fn busy(&self, waited: Duration) -> StoreError {
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        let reason = format!("{} has no connection free for a pipeline that uses several data sources; look what keeps it busy", self.name);
        StoreError::Timeout { waited_ms, reason }
    }
}

/// A statement on its way to the connection.
enum Statement {
    Execute { sql: String, values: Vec<SqlValue>, answer: oneshot::Sender<Result<u64, StoreError>> },
    Query { sql: String, values: Vec<SqlValue>, columns: Vec<ColumnKind>, answer: oneshot::Sender<Result<Vec<Vec<Value>>, StoreError>> },
}

impl Statement {
    async fn run(self, session: &mut dyn SqlSession) {
        // Who asked and is gone needs no answer.
        match self {
            Self::Execute { sql, values, answer } => drop(answer.send(session.execute(&sql, &values).await)),
            Self::Query { sql, values, columns, answer } => drop(answer.send(session.query(&sql, &values, &columns).await)),
        }
    }
}

/// Runs statements on a connection until nobody is left who could send one.
async fn serve(session: &mut dyn SqlSession, mut statements: mpsc::Receiver<Statement>, begun: oneshot::Sender<&'static dyn Dialect>) {
    if begun.send(session.dialect()).is_err() {
        return;
    }
    while let Some(statement) = statements.recv().await {
        statement.run(session).await;
    }
}

/// A connection of a store that is held until this is dropped.
#[expect(missing_debug_implementations, reason = "a session shows nothing of itself")]
pub struct LentSession {
    name: String,
    dialect: &'static dyn Dialect,
    statements: mpsc::Sender<Statement>,
}

impl LentSession {
    async fn ask<T>(&self, statement: Statement, answered: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
        self.statements.send(statement).await.map_err(|_| gone(&self.name))?;
        answered.await.unwrap_or_else(|_| Err(gone(&self.name))).map_err(|error| named(&self.name, error))
    }
}

#[async_trait]
impl SqlSession for LentSession {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Statement::Execute { sql: sql.to_owned(), values: values.to_vec(), answer }, answered).await
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Statement::Query { sql: sql.to_owned(), values: values.to_vec(), columns: columns.to_vec(), answer }, answered).await
    }
}

fn gone(name: &str) -> StoreError {
    StoreError::ConnectionFailed { reason: format!("{name}: the connection is gone") }
}

/// An error that says of which of several stores it tells.
fn named(name: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::ConnectionFailed { reason } => StoreError::ConnectionFailed { reason: format!("{name}: {reason}") },
        StoreError::Timeout { waited_ms, reason } => StoreError::Timeout { waited_ms, reason: format!("{name}: {reason}") },
        StoreError::LockNotAvailable { reason } => StoreError::LockNotAvailable { reason: format!("{name}: {reason}") },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;

    const SOON: Duration = Duration::from_millis(400);
    const ONE: &[ColumnKind] = &[ColumnKind::Integer { bits: 64 }];

    fn wanted(folder: &tempfile::TempDir, name: &str, reading: bool) -> Wanted {
        let url = format!("sqlite://{}/{name}.db", folder.path().display());
        Wanted { store: Store::open(&url, &StoreOptions::default()).unwrap(), name: name.to_owned(), reading }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_reads_elsewhere_keeps_neither_readers_nor_writers_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = wanted(&folder, "a", true);
        let mut lent = lend(std::slice::from_ref(&wanted), SOON).await.unwrap();
        lent[0].query("SELECT 1", &[], ONE).await.unwrap();
        let others = async {
            wanted.store.write(|session| Box::pin(async move { session.execute("CREATE TABLE t (n)", &[]).await })).await.unwrap().unwrap();
            wanted.store.read(|session| Box::pin(async move { session.query("SELECT COUNT(*) FROM t", &[], ONE).await })).await.unwrap().unwrap()
        };
        tokio::time::timeout(Duration::from_secs(5), others).await.unwrap();
        assert_eq!(lent[0].query("SELECT COUNT(*) FROM t", &[], ONE).await.unwrap().len(), 1);
        assert!(lent[0].execute("INSERT INTO t VALUES (1)", &[]).await.is_err());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_for_one_holds_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| wanted(&folder, name, false));
        let busy = lend(std::slice::from_ref(&b), SOON).await.unwrap();
        let both = [a.clone(), b];
        let waiting = tokio::spawn({
            let both = both.clone();
            async move { lend(&both, Duration::from_secs(5)).await.map(|lent| lent.len()) }
        });
        tokio::time::sleep(SOON).await;
        // The first one is free, though it is wanted, too.
        drop(lend(std::slice::from_ref(&a), SOON).await.unwrap());
        match lend(&both, SOON).await.map(|lent| lent.len()) {
            Err(StoreError::Timeout { waited_ms: 400, reason }) => assert!(reason.starts_with("b has no connection free"), "{reason}"),
            other => unreachable!("{other:?}"),
        }
        drop(busy);
        assert_eq!(waiting.await.unwrap(), Ok(2));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_left_open_is_rolled_back() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = wanted(&folder, "a", false);
        let mut lent = lend(std::slice::from_ref(&wanted), SOON).await.unwrap();
        for sql in ["CREATE TABLE t (n)", "BEGIN", "INSERT INTO t VALUES (1)"] {
            lent[0].execute(sql, &[]).await.unwrap();
        }
        drop(lent);
        let left = wanted.store.write(|session| Box::pin(async move { session.query("SELECT n FROM t", &[], ONE).await })).await;
        assert_eq!(left.unwrap().unwrap().len(), 0);
    }
}
