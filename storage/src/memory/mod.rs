//! A store in memory: the oracle of tests and the floor of benchmarks. It has the meaning of the SQL stores, without SQL.

mod condition;
mod expression;
mod journal;
mod kinds;
mod rows;
mod store;
mod table;

pub use journal::PendingRow;
pub use store::MemoryStore;
