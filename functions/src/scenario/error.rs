//! Why a scenario could not be compared at all.

use std::io;
use std::path::PathBuf;

use nightowl_core::error::{Coded, ErrorClass};

use super::subject::SubjectError;

/// What keeps a scenario from being run or a list of deviations from being applied. A difference is no error, see
/// [`Comparison`](super::Comparison).
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file can not be read (`definition-scenario-unreadable`).
    #[error("read {file}: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is no JSON (`definition-scenario-not-json`).
    #[error("read {file} as JSON: {reason}")]
    NotJson {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// A key is missing, unknown or of the wrong kind (`definition-scenario-shape`).
    #[error("read {file}: {at}: {reason}")]
    Shape {
        /// The file.
        file: PathBuf,
        /// The place in it, as `triggers[3].pat`.
        at: String,
        /// What is wrong there and what would be right.
        reason: String,
    },
    /// A deviation does not fit the recording that it speaks of (`definition-deviation-pointer`).
    #[error("apply the deviation {at} of scenario {scenario}: {reason}")]
    Deviation {
        /// The scenario's name.
        scenario: String,
        /// The pointer of the entry.
        at: String,
        /// Why it can not be applied.
        reason: String,
    },
    /// A placeholder stands for nothing (`trigger-placeholder`).
    #[error("fill in trigger {trigger}: {reason}")]
    Placeholder {
        /// The trigger, from 0.
        trigger: usize,
        /// What is missing.
        reason: String,
    },
    /// The installation under test could not do what every installation must be able to do; the code is its own.
    #[error("{doing}: {source}")]
    Subject {
        /// What was being done.
        doing: String,
        /// What the installation says.
        source: SubjectError,
    },
}

impl Coded for ScenarioError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "definition-scenario-unreadable",
            Self::NotJson { .. } => "definition-scenario-not-json",
            Self::Shape { .. } => "definition-scenario-shape",
            Self::Deviation { .. } => "definition-deviation-pointer",
            Self::Placeholder { .. } => "trigger-placeholder",
            Self::Subject { source, .. } => source.code(),
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Unreadable { .. } | Self::NotJson { .. } | Self::Shape { .. } | Self::Deviation { .. } | Self::Placeholder { .. } => ErrorClass::Reject,
            Self::Subject { source, .. } => source.class(),
        }
    }
}
