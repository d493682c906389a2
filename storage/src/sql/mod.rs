//! What all SQL databases share: the session, statements, criteria, rows, the journal.

mod session;

pub use session::{SqlSession, SqlValue};

/// How one database is spoken to.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// Its name, as in the scheme of a store's URL.
    fn name(&self) -> &'static str;
}
