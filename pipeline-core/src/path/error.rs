//! Mistakes in constants and paths, with the column at which they are.

use crate::error::{Coded, ErrorClass};

/// Why a constant or a path can not be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of \"{text}\": {reason}")]
pub struct PathError {
    /// A stable code of the family `definition-`.
    pub code: &'static str,
    /// The constant or path as written.
    pub text: String,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

impl Coded for PathError {
    fn code(&self) -> &'static str {
        self.code
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}

/// A mistake at a byte of the text that is being compiled.
#[derive(Debug)]
pub(super) struct Fault {
    code: &'static str,
    at: usize,
    reason: String,
    remedy: String,
}

impl Fault {
    /// The path is not well formed.
    pub(super) fn path(at: usize, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: "definition-bad-path", at, reason: reason.into(), remedy: remedy.into() }
    }

    /// There is no such function.
    pub(super) fn unknown_function(at: usize, name: &str, remedy: impl Into<String>) -> Self {
        Self { code: "definition-unknown-function", at, reason: format!("\"{name}\" is no function here"), remedy: remedy.into() }
    }

    /// A function has wrong arguments.
    pub(super) fn argument(at: usize, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: "definition-function-argument", at, reason: reason.into(), remedy: remedy.into() }
    }

    /// The text is longer than [`crate::limits::PATH_BYTES`].
    pub(super) fn too_long(limit: usize) -> Self {
        Self { code: "definition-path-too-long", at: 0, reason: format!("is longer than {limit} bytes"), remedy: "shorten it".into() }
    }

    /// The error for the whole text.
    pub(super) fn in_text(self, text: &str) -> PathError {
        let column = text.char_indices().take_while(|(offset, _)| *offset < self.at).count() + 1;
        PathError { code: self.code, text: text.to_owned(), column, reason: self.reason, remedy: self.remedy }
    }
}
