//! PostgreSQL (storage.md §9, §11.3).

mod bind;
mod bulk;
mod connection;
mod dates;
mod dialect;
mod error;
mod expression;
mod numeric;
mod read;
mod session;
mod store;

pub use dialect::{PostgresDialect, dialect};
pub use store::PostgresStore;
