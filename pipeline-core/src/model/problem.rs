//! Mistakes in definitions, collected rather than raised, so that all of them are reported at once.

use std::fmt;
use std::sync::Arc;

use super::Place;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The definition can not be used.
    Error,
    /// It can be used, and will probably not do what was meant.
    Warning,
}

/// One mistake in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable code of the family `definition-` or `value-`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
    /// The file in which the definition stands, where that is known.
    pub file: Option<Arc<str>>,
}

impl Severity {
    /// The text in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}[{}] ", self.severity.as_str(), self.code)?;
        // The place of a problem of a whole file is the file.
        if let Some(file) = self.file.as_ref().filter(|_| !self.place.is_file()) {
            write!(out, "{file}: ")?;
        }
        write!(out, "{}: {}", self.place, self.reason)?;
        if !self.remedy.is_empty() {
            write!(out, " ({})", self.remedy)?;
        }
        Ok(())
    }
}

/// The problems found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes an error.
    pub fn error(&mut self, code: &'static str, place: &Place, reason: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem { code, severity: Severity::Error, place: place.clone(), reason: reason.into(), remedy: remedy.into(), file: None });
    }

    /// Notes a warning.
    pub fn warning(&mut self, code: &'static str, place: &Place, reason: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Problem { code, severity: Severity::Warning, place: place.clone(), reason: reason.into(), remedy: remedy.into(), file: None });
    }

    /// Names the file of those that have none yet, from a position on.
    pub fn name_files(&mut self, from: usize, file_of: impl Fn(&Place) -> Option<Arc<str>>) {
        for problem in self.0.iter_mut().skip(from).filter(|problem| problem.file.is_none()) {
            problem.file = file_of(&problem.place);
        }
    }

    /// Takes over what another collection holds.
    pub fn extend(&mut self, other: Problems) {
        self.0.extend(other.0);
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// How many errors there are.
    pub fn error_count(&self) -> usize {
        self.0.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
