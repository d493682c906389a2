//! How much a store was asked: counters that every session of it feeds, cheap enough to be always on.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one store, shared by its sessions.
#[derive(Debug, Default)]
pub struct Traffic {
    statements: AtomicU64,
    commits: AtomicU64,
}

/// What the counters of a store say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrafficCounts {
    /// Statements that were sent, those that begin and end transactions included.
    pub statements: u64,
    /// Transactions that were committed, statements outside of a transaction included.
    pub commits: u64,
}

impl Traffic {
    /// A statement was sent.
    pub fn statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// A statement was sent, with a transaction open before it or not.
    pub fn sent(&self, sql: &str, open: bool) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if sql == "COMMIT" || (!open && writes(sql)) {
            self.commit();
        }
    }

    /// A transaction was committed.
    pub fn commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn counts(&self) -> TrafficCounts {
        TrafficCounts { statements: self.statements.load(Ordering::Relaxed), commits: self.commits.load(Ordering::Relaxed) }
    }
}

/// Whether a statement outside of a transaction commits something by itself.
fn writes(sql: &str) -> bool {
    ["INSERT ", "UPDATE ", "DELETE ", "WITH "].iter().any(|head| sql.starts_with(head))
}

impl TrafficCounts {
    /// What was counted since an earlier look.
    pub const fn since(self, earlier: Self) -> Self {
        Self { statements: self.statements - earlier.statements, commits: self.commits - earlier.commits }
    }
}
