//! The five steps that prepare a row: defaults, dates, encryption, aid hierarchy, flattening (engine.md §2.4).
//!
//! Each is called by itself, works in place, and does nothing where the topic does not have it.

mod aid;
mod dates;
mod defaults;
mod encryption;
mod flatten;
mod ids;
mod walk;

pub use aid::aid;
pub use dates::dates;
pub use defaults::defaults;
pub use encryption::encryption;
pub use flatten::flatten;
pub use ids::Ids;
