//! SQLite: one file, one writer on a thread of its own (storage.md §9, §11.3, §11.11).

mod bind;
mod connection;
mod dialect;
mod error;
mod executor;
mod functions;
mod read;
mod session;
mod store;
mod thread;

pub use connection::{Place, SqliteOptions, Synchronous};
pub use dialect::{SqliteDialect, dialect};
pub use store::SqliteStore;
