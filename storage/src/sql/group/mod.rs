//! The first pass over a group of triggers (engine.md §3.11, rule 3): on one session, without savepoints.
//!
//! Where the database is spoken to over a network, writes are collected and sent several in one statement: when somebody
//! reads the table, when too many are collected, at the end. What the group has read or written by a key it knows, so that
//! it need not ask again. Where the database is in the process, every write is sent at once.
//!
//! A run that fails before it wrote anything is over, and the group goes on. When something was written, sent or not, the
//! whole group is given up: its triggers are repeated one by one by [`super::SqlUnitOfWork`], which is the judge of this pass.

mod collected;
mod journal;
mod key;
mod known;
mod ordered;
mod positions;
mod read_ahead;
mod rows;
mod scout;
mod transaction;

use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::port::StoreError;

use super::bulk::Bulk;
use super::{OnConflict, SqlSession, SqlUnitOfWork};
pub use journal::JournalTables;
pub use scout::Scout;

use collected::Collected;
use known::Known;
use ordered::Ordered;
use positions::Positions;

/// How many writes are collected before they are sent.
const COLLECTED_AT_MOST: usize = 8_192;

/// The unit of work of a group. It lives inside one job of a store.
#[expect(missing_debug_implementations, reason = "a session shows nothing of itself")]
pub struct GroupUnitOfWork<'a> {
    inner: SqlUnitOfWork<'a>,
    /// How many rows go at once; none where each is sent alone.
    bulk: Option<&'static dyn Bulk>,
    /// Whether the engine has begun a transaction; the database is told when it has to know.
    begun: bool,
    /// Whether statements are recorded, so that each has to be sent by the action that caused it.
    recording: bool,
    /// Whether a statement failed that took the transaction with it.
    lost: bool,
    /// How many times something was sent that can only be undone as a whole.
    sent: u64,
    marks: Vec<Mark>,
    collected: Collected,
    known: Known,
    positions: Positions,
    ordered: Ordered,
}

/// What a savepoint remembers.
#[derive(Debug, Clone, Copy)]
struct Mark {
    sent: u64,
    collected: usize,
    ordered: usize,
}

impl<'a> GroupUnitOfWork<'a> {
    /// A unit of work without a transaction yet.
    pub fn new(session: &'a mut (dyn SqlSession + 'a)) -> Self {
        let bulk = session.dialect().bulk();
        Self {
            inner: SqlUnitOfWork::new(session),
            bulk,
            begun: false,
            recording: false,
            lost: false,
            sent: 0,
            marks: Vec::new(),
            collected: Collected::default(),
            known: Known::default(),
            positions: Positions::default(),
            ordered: Ordered::default(),
        }
    }

    /// How writes are sent together, where they are.
    fn collects(&self) -> Option<&'static dyn Bulk> {
        self.bulk.filter(|_| !self.recording && self.begun)
    }

    /// Begins the transaction in the database, for what can not wait for the end.
    async fn open(&mut self) -> Result<(), StoreError> {
        use nightowl_core::port::UnitOfWork as _;
        if self.lost {
            return Err(given_up());
        }
        if self.begun && !self.inner.is_open() {
            self.inner.begin().await?;
        }
        Ok(())
    }

    /// Notes what became of a statement that writes.
    fn written<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match &outcome {
            Ok(_) => self.sent += 1,
            Err(StoreError::InsertConflict { .. }) => {}
            Err(_) => self.lost |= self.loses_transactions(),
        }
        outcome
    }

    /// Whether a failing statement takes its transaction with it.
    fn loses_transactions(&self) -> bool {
        matches!(self.inner.dialect().on_conflict(), OnConflict::Clause(_))
    }

    /// Sends what was collected for one table, or for all.
    async fn send(&mut self, table: Option<&str>) -> Result<(), StoreError> {
        let Some(bulk) = self.bulk.filter(|_| self.collected.has(table)) else { return Ok(()) };
        self.open().await?;
        let taken = self.collected.take(table);
        let done = bulk.write(self.inner.session(), taken.into_batches()?).await;
        // Whose write failed can not be told, so it is no failure of who asked for it to be sent.
        self.lost |= done.is_err();
        self.sent += 1;
        done.map_err(|error| if error.class() == ErrorClass::Reject { given_up() } else { error })
    }

    /// Sends everything where too much is collected.
    async fn send_if_full(&mut self) -> Result<(), StoreError> {
        if self.collected.len() < COLLECTED_AT_MOST { Ok(()) } else { self.send(None).await }
    }
}

/// The group can not go on.
fn given_up() -> StoreError {
    StoreError::SerializationFailure { reason: "a group was given up; its triggers are repeated one by one".to_owned() }
}
