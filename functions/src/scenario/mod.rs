//! The core of `nightowl test`: scenario files, what our rules change in them, and the comparison with an installation.
//!
//! A scenario says what was once observed: topics, pipelines, triggers, and afterwards the rows, logs and refused
//! triggers (scenarios/README.md). [`run()`] does the same with an installation, which it knows as a [`Subject`] only, and
//! compares everything with everything. What is compared loosely stands in [`compare()`], nowhere else.

mod compare;
mod definitions;
mod deviations;
mod difference;
mod error;
mod file;
mod find_by;
mod installation;
mod logs;
mod normalise;
mod place;
mod placeholder;
mod report;
mod rows;
mod run;
mod scalar;
mod shape;
mod siblings;
mod subject;
#[cfg(test)]
mod tests;

pub use compare::{Comparison, Strictness, compare};
pub use definitions::Definitions;
pub use deviations::Deviations;
pub use difference::{Difference, Differences, KEPT};
pub use error::ScenarioError;
pub use file::{DEFAULT_TENANT, Expectation, Options, Scenario, ScenarioTrigger};
pub use installation::Installation;
pub use normalise::Normaliser;
pub use place::InstallationPlace;
pub(crate) use place::ServerPlaces;
pub use report::{Summary, Verdict};
pub use run::{observe, run};
pub use subject::{Answer, FiredTrigger, Pat, Subject, SubjectError};
