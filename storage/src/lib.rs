//! The engine's ports on SQL.

pub mod memory;
pub mod meta;
pub mod snowflake;
pub mod sql;
pub mod sqlite;
pub mod store;
pub mod trace;

pub use store::{BoxFuture, Store, StoreOptions};
