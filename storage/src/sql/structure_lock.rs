//! One process at a time changes the structure of a database (storage.md §11.8): two that start together would make the
//! same tables.

use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::SqlSession;

const FLAG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// How many times the lock is waited for, each time as long as for any lock: many processes may start at once.
const WAITS: u32 = 6;

/// Waits until no other process changes the structure. Locks nest; each is ended by [`unlock`].
pub(crate) async fn lock(session: &mut dyn SqlSession) -> Result<(), StoreError> {
    let Some((lock, _)) = session.dialect().structure_lock() else { return Ok(()) };
    for _ in 0..WAITS {
        match session.query(lock, &[], &[FLAG]).await {
            Ok(rows) if rows.first().and_then(|row| row.first()) == Some(&Value::from(1)) => return Ok(()),
            Ok(_) | Err(StoreError::LockNotAvailable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::LockNotAvailable { reason: "another process is changing the tables of this database".to_owned() })
}

/// Ends a lock. What the work between has given is handed on; a lock that can not be ended goes with its connection.
pub(crate) async fn unlock<T, E>(session: &mut dyn SqlSession, done: Result<T, E>) -> Result<T, E> {
    if let Some((_, unlock)) = session.dialect().structure_lock()
        && let Err(error) = session.query(unlock, &[], &[FLAG]).await
    {
        tracing::warn!(reason = %error, "the lock on the structure was not given back; it ends with the connection");
        session.give_up();
    }
    done
}
