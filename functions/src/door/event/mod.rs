//! The one path of every event: bytes and a time budget, decoded deliveries, triggers, a result for each
//! (surface.md §15). Runtimes, files and embedding programs call it.

mod budget;
mod content;
mod copies;
mod dead_letter;
mod handle;
mod object;
mod report;
mod run;
mod spool;

pub use budget::TimeBudget;
pub use handle::EventDoor;
pub use report::{Counts, EventReport, RecordResult, RecordStatus};
