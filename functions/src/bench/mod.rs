//! The core of `nightowl bench`: workloads, the callers that fire them, and floors to compare with (surface.md §21).
//!
//! A figure without a floor says little about us and much about the disk. So each measurement stands between two
//! measurements of the same rows written by bare loops: [`floor`] writes what the triggers leave behind, without engine.

mod callers;
mod error;
mod file;
mod floor;
mod latency;
mod left_behind;
mod measure;
mod process;
mod report;
mod subject;
mod workload;

pub use error::BenchError;
pub use measure::{BenchOptions, Load, measure};
pub use report::Measurement;
pub use subject::Setup;
pub use workload::Workload;
