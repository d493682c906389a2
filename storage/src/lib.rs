//! The engine's ports on SQL.

pub mod memory;
pub mod sql;
pub mod sqlite;
pub mod store;

pub use store::{BoxFuture, Store, StoreOptions};
