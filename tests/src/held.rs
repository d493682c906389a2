//! A table that is held, so that whoever wants to write it has to wait.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use nightowl_storage::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Keeps everybody from writing a table until it is let go.
#[derive(Debug)]
pub struct Held {
    release: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Held {
    /// Holds a table of a store: on SQLite all of it, on MariaDB the rows that it has.
    pub async fn table(store: &Store, table: &'static str) -> Self {
        let lock = match store {
            Store::Sqlite(_) => String::new(),
            Store::Postgres(_) => format!("LOCK TABLE {table} IN EXCLUSIVE MODE"),
            Store::Mysql(_) => format!("SELECT COUNT(*) FROM {table} FOR UPDATE"),
        };
        Self::lock(store, lock).await
    }

    /// Holds what a statement locks.
    pub async fn lock(store: &Store, lock: String) -> Self {
        let (release, released) = oneshot::channel();
        let (held, is_held) = oneshot::channel();
        let store = store.clone();
        let task = tokio::spawn(async move {
            let done = store.write(move |session| {
                Box::pin(async move {
                    let begin = session.dialect().begin();
                    session.execute(begin, &[]).await.unwrap();
                    if !lock.is_empty() {
                        session.execute(&lock, &[]).await.unwrap();
                    }
                    held.send(()).unwrap();
                    released.await.ok();
                    session.execute("ROLLBACK", &[]).await.unwrap();
                })
            });
            done.await.unwrap();
        });
        is_held.await.unwrap();
        Self { release, task }
    }

    /// Lets it go.
    pub async fn let_go(self) {
        self.release.send(()).unwrap();
        self.task.await.unwrap();
    }
}
