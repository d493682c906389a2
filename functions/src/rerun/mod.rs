//! Running again what was recorded (engine.md §2.8): a row, a log, a trace. Nothing is saved anew but what pipelines write.

mod carry_out;
mod error;
mod find;
mod log;
mod row;
#[cfg(test)]
mod tests;
mod trace;

pub use carry_out::Asker;
pub use error::RerunError;
pub use find::stores_of;
pub use log::rerun_logs;
pub use row::{RowAddress, TopicRef, read_row, rerun_row};
pub use trace::{Again, failed_since, rerun_trace};
