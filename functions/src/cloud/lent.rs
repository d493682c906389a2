//! The keys that a platform lends to the invocations which run now (surface.md §16.3). What is handed over after a commit
//! has no invocation of its own; it takes those of the newest one, and keeps nothing of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Credentials;

static NEXT: AtomicU64 = AtomicU64::new(0);
static LENT: Mutex<Vec<(u64, Credentials)>> = Mutex::new(Vec::new());

/// Keys are lent as long as this lives.
#[derive(Debug)]
pub(crate) struct Loan(u64);

impl Loan {
    /// Lends keys to everything that has none of its own.
    pub(crate) fn of(credentials: Credentials) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        LENT.lock().unwrap_or_else(PoisonError::into_inner).push((number, credentials));
        Self(number)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        LENT.lock().unwrap_or_else(PoisonError::into_inner).retain(|(number, _)| *number != self.0);
    }
}

/// The keys that were lent last, and not given back yet.
pub(crate) fn lent() -> Option<Credentials> {
    LENT.lock().unwrap_or_else(PoisonError::into_inner).last().map(|(_, credentials)| credentials.clone())
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn the_newest_keys_are_lent_until_they_are_given_back() {
        let keys = |id: &str| Credentials { key_id: id.to_owned(), secret: SecretString::from("s"), token: None };
        let id = || lent().map(|credentials| credentials.key_id);
        assert_eq!(id(), None);
        let first = Loan::of(keys("1"));
        let second = Loan::of(keys("2"));
        assert_eq!(id().as_deref(), Some("2"));
        drop(first);
        assert_eq!(id().as_deref(), Some("2"));
        drop(second);
        assert_eq!(id(), None);
    }
}
