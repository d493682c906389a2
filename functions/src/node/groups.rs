//! How groups of triggers ended.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counted since the start.
#[derive(Debug, Default)]
pub(super) struct Groups {
    triggers: AtomicU64,
    repeated: AtomicU64,
}

impl Groups {
    /// What was counted so far.
    pub(super) fn counts(&self) -> GroupCounts {
        GroupCounts { triggers: self.triggers.load(Ordering::Relaxed), repeated: self.repeated.load(Ordering::Relaxed) }
    }

    /// A group ended.
    pub(super) fn count(&self, triggers: usize, repeated: bool) {
        self.triggers.fetch_add(triggers as u64, Ordering::Relaxed);
        if repeated {
            self.repeated.fetch_add(triggers as u64, Ordering::Relaxed);
        }
    }
}

/// How many triggers were carried out in groups, and how many of them a second time because their group failed
/// (engine.md §3.11, rule 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupCounts {
    /// Triggers in groups; one alone is a group, too.
    pub triggers: u64,
    /// Those whose group failed.
    pub repeated: u64,
}

impl GroupCounts {
    /// What was counted since an earlier look.
    pub const fn since(self, earlier: Self) -> Self {
        Self { triggers: self.triggers - earlier.triggers, repeated: self.repeated - earlier.repeated }
    }

    /// The share of repeated ones, from 0 to 1.
    pub fn repeated_share(self) -> f64 {
        self.repeated as f64 / (self.triggers.max(1)) as f64
    }
}
