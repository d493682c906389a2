//! A thread that owns a connection and works off jobs, one after another.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use nightowl_core::port::StoreError;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use super::executor::block_on;
use super::session::SqliteSession;
use crate::sql::SqlSession;

/// How long a thread that has done a job stays awake for the next one.
const AWAKE: Duration = Duration::from_micros(50);

/// A job on its way to the thread.
type Job = Box<dyn FnOnce(&mut SqliteSession) + Send>;

enum Message {
    Run(Job),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The handle of a connection's thread. When the last one is dropped, the thread ends by itself.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    messages: mpsc::Sender<Message>,
}

impl Worker {
    /// Starts a thread for a connection; at most `queue` jobs wait.
    pub(super) fn start(name: &str, session: SqliteSession, queue: usize) -> Result<Self, StoreError> {
        let (messages, inbox) = mpsc::channel(queue.max(1));
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(session, inbox))
            .map_err(|error| StoreError::ConnectionFailed { reason: format!("no thread could be started ({})", error.kind()) })?;
        Ok(Self { messages })
    }

    /// Runs a job on the thread and gives what it gives. A caller that no longer waits when its turn comes is passed over.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let runtime = Handle::try_current().ok();
        let run: Job = Box::new(move |session| {
            if answer.is_closed() {
                return;
            }
            // A caller that left while its job ran has nobody to tell.
            drop(answer.send(perform(session, runtime.as_ref(), job)));
        });
        self.messages.send(Message::Run(run)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Lets the jobs that wait end, then closes the connection.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        if self.messages.send(Message::Close(answer)).await.is_err() {
            return Ok(());
        }
        answered.await.unwrap_or(Ok(()))
    }
}

fn work(mut session: SqliteSession, mut inbox: mpsc::Receiver<Message>) {
    while let Some(message) = next(&mut inbox) {
        match message {
            Message::Run(job) => job(&mut session),
            Message::Close(answer) => {
                inbox.close();
                // Who asked for the end and left has nobody to tell.
                drop(answer.send(session.close()));
                return;
            }
        }
    }
    if let Err(error) = session.close() {
        tracing::warn!(%error, "a SQLite connection was not closed cleanly");
    }
}

/// The next message. Whoever was just answered often has another one at once: being awake for it costs less than being woken.
fn next(inbox: &mut mpsc::Receiver<Message>) -> Option<Message> {
    let began = Instant::now();
    while began.elapsed() < AWAKE {
        match inbox.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => thread::yield_now(),
        }
    }
    inbox.blocking_recv()
}

/// Runs one job; whatever happens in it, the connection is without a transaction afterwards.
fn perform<T, F>(session: &mut SqliteSession, runtime: Option<&Handle>, job: F) -> Result<T, StoreError>
where
    F: for<'a> FnOnce(&'a mut dyn SqlSession) -> Pin<Box<dyn Future<Output = T> + Send + 'a>>,
{
    let outcome = {
        let _entered = runtime.map(Handle::enter);
        catch_unwind(AssertUnwindSafe(|| block_on(job(&mut *session))))
    };
    let abandoned = session.abandon();
    match outcome {
        Ok(output) => {
            if abandoned {
                tracing::warn!("a job ended with an open transaction; it was rolled back");
            }
            Ok(output)
        }
        Err(_) => Err(StoreError::Internal { reason: "a job on the connection's thread panicked; its transaction was rolled back".to_owned() }),
    }
}

fn closed() -> StoreError {
    StoreError::ConnectionFailed { reason: "the store is closed".to_owned() }
}
