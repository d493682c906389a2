//! Vectors: single evaluations as data, with the result that is required (values.md §10.1).
//!
//! `nightowl eval` and the tests run files of them. A case stands alone; nothing is carried from one to the next.

mod case;
mod criteria;
mod run;
mod surroundings;

pub use case::{Case, CaseKind, VectorError, read_file};
pub use run::{CaseReport, run_case};
