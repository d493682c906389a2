//! Connections that go from job to job. The pool asks each one that comes back whether it is still there, which costs as much
//! as a statement; one that was used a moment ago is handed on without.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::Database;
use sqlx::pool::PoolConnection;
use tokio::sync::OwnedMutexGuard;

/// How long a connection that was used is known to be there; after that it is asked before it is used again.
pub(super) const FRESH: Duration = Duration::from_secs(1);
/// How long a connection goes from job to job before the pool sees it again, which ends it when it is too old.
const STREAK: Duration = Duration::from_secs(60);

/// A connection out of the pool, owned by one job at a time.
struct Entry<DB: Database> {
    connection: Arc<tokio::sync::Mutex<PoolConnection<DB>>>,
    /// When the pool gave it.
    since: Instant,
    /// When a job gave it back.
    used: Instant,
}

struct State<DB: Database> {
    free: Vec<Entry<DB>>,
    /// How many jobs wait for the pool; then nothing is kept from it.
    waiting: usize,
    closed: bool,
    /// Whether somebody looks after those that nobody uses any more.
    is_swept: bool,
}

/// The connections of one pool that are between two jobs.
pub(super) struct Warm<DB: Database> {
    state: Mutex<State<DB>>,
}

/// Somebody waits for the pool.
pub(super) struct WaitsForPool<'a, DB: Database>(&'a Warm<DB>);

impl<DB: Database> Drop for WaitsForPool<'_, DB> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

impl<DB: Database> Warm<DB> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { free: Vec::new(), waiting: 0, closed: false, is_swept: false }) })
    }

    fn state(&self) -> MutexGuard<'_, State<DB>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, or the right to wait for the pool.
    pub(super) fn take(self: &Arc<Self>) -> Result<Held<DB>, WaitsForPool<'_, DB>> {
        let mut state = self.state();
        while let Some(Entry { connection, since, used }) = state.free.pop() {
            // One that is older goes back to the pool, which asks it.
            if used.elapsed() < FRESH
                && let Ok(connection) = connection.try_lock_owned()
            {
                return Ok(Held { connection, warm: Some(Arc::clone(self)), since, is_good: false });
            }
        }
        state.waiting += 1;
        Err(WaitsForPool(self))
    }

    fn give_back(self: &Arc<Self>, entry: Entry<DB>) {
        let mut state = self.state();
        if state.closed || state.waiting > 0 || entry.since.elapsed() > STREAK {
            return;
        }
        state.free.push(entry);
        if !state.is_swept {
            state.is_swept = true;
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Gives everything back to the pool, for good.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.free.clear();
    }
}

/// Gives back to the pool what nobody used for a while.
async fn sweep<DB: Database>(warm: Weak<Warm<DB>>) {
    loop {
        tokio::time::sleep(FRESH).await;
        let Some(warm) = warm.upgrade() else { return };
        let mut state = warm.state();
        state.free.retain(|entry| entry.used.elapsed() < FRESH);
        if state.free.is_empty() {
            state.is_swept = false;
            return;
        }
    }
}

/// A connection that one job has. Where it is not known to be good when the job ends, it is closed.
pub(crate) struct Held<DB: Database> {
    connection: OwnedMutexGuard<PoolConnection<DB>>,
    /// Where it goes afterwards; back to the pool where there is none.
    warm: Option<Arc<Warm<DB>>>,
    since: Instant,
    is_good: bool,
}

impl<DB: Database> Held<DB> {
    /// A connection of the pool.
    pub(super) fn new(connection: PoolConnection<DB>, warm: Option<Arc<Warm<DB>>>) -> Option<Self> {
        let connection = Arc::new(tokio::sync::Mutex::new(connection)).try_lock_owned().ok()?;
        Some(Self { connection, warm, since: Instant::now(), is_good: false })
    }

    /// The job has ended well: nothing is open on it.
    pub(crate) const fn ended_well(&mut self) {
        self.is_good = true;
    }
}

impl<DB: Database> Drop for Held<DB> {
    fn drop(&mut self) {
        if !self.is_good {
            self.connection.close_on_drop();
        } else if let Some(warm) = &self.warm {
            let connection = Arc::clone(OwnedMutexGuard::mutex(&self.connection));
            warm.give_back(Entry { connection, since: self.since, used: Instant::now() });
        }
    }
}

impl<DB: Database> Deref for Held<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl<DB: Database> DerefMut for Held<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}
