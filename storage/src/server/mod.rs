//! What the dialects of database servers share: bounded pools, jobs on their connections, texts of statements.

mod options;
mod placeholders;
mod pools;
mod statement;
mod warm;

pub use options::ServerOptions;
pub(crate) use placeholders::Translated;
pub(crate) use pools::{PooledSession, Pools, answered, no_answer};
pub(crate) use statement::{is_plain, table_of, transaction_after};
pub(crate) use warm::Held;
