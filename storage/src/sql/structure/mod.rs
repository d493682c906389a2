//! Tables of topics: made, extended, adopted, checked (storage.md §11.6–§11.10). What is done is recorded in
//! `nightowl_structure`.
//!
//! A table that we made follows its topics. One that others made (Watchmen, or a script) is adopted: taken as it is, given
//! only the columns that it lacks; what its columns really hold decides.

mod adopt;
mod difference;
mod plan;
mod real;
mod record;
mod room;
mod shape;
mod step;
mod take;

pub use plan::plan;
pub(crate) use shape::{kind_text, parse_kind};
pub use step::{Change, Outcome, RealColumns, Refusal, StructureStep, SyncMode, Synced};
pub use take::apply;
