//! The engine's ports on SQL.

mod lent;
pub mod memory;
pub mod meta;
pub mod mysql;
pub mod postgres;
mod server;
pub mod snowflake;
pub mod sql;
pub mod sqlite;
pub mod store;
pub mod trace;

pub use lent::{LentSession, Wanted, lend};
pub use server::ServerOptions;
pub use store::{BoxFuture, Store, StoreOptions};
