//! Reading back what the journal wrote: triggers, logs, details, pending work (storage.md §15.6, engine.md §5.3).
//!
//! What is read are the rows. The body of a log is compact; the engine gives it Watchmen's shape with the definition of
//! its pipeline, which [`definitions_of`] finds by its hash.

mod cells;
mod criteria;
mod definition;
mod merged;
mod page;
mod read;
mod record;
mod store;

pub use criteria::{LogCriteria, TriggerCriteria};
pub use definition::{DefinitionRef, definitions_of};
pub use merged::{list_of_triggers, page_of_logs};
pub use page::{Page, PageRequest};
pub use record::{DetailRecord, LogRecord, PendingRecord, Trace, TriggerRecord};
pub use store::TraceStore;
