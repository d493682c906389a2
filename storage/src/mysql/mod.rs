//! MySQL and MariaDB (storage.md §9, §11.3).

mod bind;
mod bulk;
mod connection;
mod dates;
mod dialect;
mod error;
mod expression;
mod read;
mod session;
mod store;

pub use dialect::{MysqlDialect, dialect};
pub use store::MysqlStore;
