//! What `nightowl test` prints: a line for each scenario, where it differs for a failing one, a closing line
//! (design.md §4).

use std::fmt;

use super::compare::Comparison;
use super::error::ScenarioError;

/// How a scenario ended.
#[derive(Debug)]
pub struct Verdict {
    /// The scenario's name, or its file's where the name could not be read.
    pub name: String,
    /// What the comparison found, or why there was none.
    pub outcome: Result<Comparison, ScenarioError>,
}

impl Verdict {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|comparison| comparison.differences.is_empty())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let differences = match &self.outcome {
            Err(error) => return write!(out, "FAILED {name}\n  {error}"),
            Ok(comparison) if comparison.differences.is_empty() => return write!(out, "ok {name}"),
            Ok(comparison) => &comparison.differences,
        };
        write!(out, "FAILED {name}")?;
        for difference in differences.kept() {
            write!(out, "\n  {difference}")?;
        }
        match differences.total() - differences.kept().len() {
            0 => Ok(()),
            more => write!(out, "\n  and {more} more"),
        }
    }
}

/// How many scenarios ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Everything was as expected.
    pub passed: usize,
    /// Something was not.
    pub failed: usize,
}

impl Summary {
    /// Counts a verdict.
    pub fn count(&mut self, verdict: &Verdict) {
        if verdict.passed() {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}
