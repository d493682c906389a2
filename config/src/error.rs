//! What can be wrong with settings: everything is collected and told at once.

use std::fmt;

use crate::sources::Origin;

/// How an error is to be met, as in `storage.md §10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The process can not go on.
    Fatal,
    /// Should not happen: a mistake in this crate.
    Bug,
}

/// One thing that is wrong with the settings.
///
/// The text of each says what is wrong, where it stands and what would be right. The value of a secret is never
/// part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file that was named can not be read.
    #[error("failed to read settings from {path}: {reason}; name an existing file with --config or NIGHTOWL_CONFIG")]
    FileUnreadable {
        /// The path as it was given.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// The file is not TOML.
    #[error("failed to understand {origin}: {reason}; the file must be TOML")]
    FileSyntax {
        /// File and line.
        origin: Origin,
        /// What the parser stumbled over.
        reason: String,
    },
    /// A key of the file, or of an option, that is no setting.
    #[error("failed to find the setting {key} ({origin}){}", hint(.nearest.as_deref()))]
    KeyUnknown {
        /// The key as it was written.
        key: String,
        /// Where it was written.
        origin: Origin,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A variable that begins with `NIGHTOWL_` and means nothing.
    #[error("failed to find a setting for the variable {name}{}", hint(.nearest.as_deref()))]
    VariableUnknown {
        /// The variable's name.
        name: String,
        /// The known variable that looks most like it.
        nearest: Option<String>,
    },
    /// A value that the setting does not take.
    #[error("failed to take {value} for {key} ({origin}): it must be {expected}")]
    ValueWrong {
        /// The setting's key.
        key: &'static str,
        /// The value as it was written; `***` for a secret.
        value: String,
        /// Where it was written.
        origin: Origin,
        /// What would be right.
        expected: String,
    },
    /// Two names of equal rank give one setting different values.
    #[error("failed to choose a value for {key}: {first} and {second} differ; keep one of them")]
    ValueTwice {
        /// The setting's key.
        key: &'static str,
        /// The first place.
        first: Origin,
        /// The other place.
        second: Origin,
    },
    /// Settings that are right by themselves but not together.
    #[error("failed to combine settings: {what}; {remedy}")]
    Contradiction {
        /// Which settings, with where they come from.
        what: String,
        /// What to change.
        remedy: String,
    },
    /// A secret that is printed in public documentation.
    #[error("failed to accept {key} ({origin}): this value is published; set one of your own, or ALLOW_DEFAULT_SECRETS=true")]
    SecretPublished {
        /// The setting's key.
        key: &'static str,
        /// Where it was set.
        origin: Origin,
    },
    /// Something that the first release does not have.
    #[error("failed to serve {key} = {value} ({origin}): not in this release; {remedy}")]
    NotSupported {
        /// The setting's key.
        key: &'static str,
        /// The value that asks for it.
        value: String,
        /// Where it was set.
        origin: Origin,
        /// What to do instead.
        remedy: String,
    },
    /// The table and the struct of settings do not fit: a mistake in this crate.
    #[error("failed to build the settings from their table: {reason}; please report this")]
    TableBroken {
        /// What did not fit.
        reason: String,
    },
}

impl Problem {
    /// The stable code, in kebab-case; its first word is the family (`storage.md §10`).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileUnreadable { .. } => "config-file-unreadable",
            Self::FileSyntax { .. } => "config-file-syntax",
            Self::KeyUnknown { .. } => "config-key-unknown",
            Self::VariableUnknown { .. } => "config-variable-unknown",
            Self::ValueWrong { .. } => "config-value-wrong",
            Self::ValueTwice { .. } => "config-value-twice",
            Self::Contradiction { .. } => "config-contradiction",
            Self::SecretPublished { .. } => "config-secret-published",
            Self::NotSupported { .. } => "config-not-supported",
            Self::TableBroken { .. } => "internal-settings-table",
        }
    }

    /// The class: settings that are wrong stop the process (`storage.md §10`).
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::TableBroken { .. } => Class::Bug,
            Self::FileUnreadable { .. }
            | Self::FileSyntax { .. }
            | Self::KeyUnknown { .. }
            | Self::VariableUnknown { .. }
            | Self::ValueWrong { .. }
            | Self::ValueTwice { .. }
            | Self::Contradiction { .. }
            | Self::SecretPublished { .. }
            | Self::NotSupported { .. } => Class::Fatal,
        }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(|| "; `nightowl config` lists all of them".to_owned(), |name| format!("; did you mean {name}?"))
}

/// Everything that is wrong with the settings, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems in the order in which they were met: file, variables, options, combinations.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The process's exit code: 78 for wrong settings, 70 when the fault is ours (`design.md §4`).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.problems.iter().any(|problem| problem.class() == Class::Bug) { 70 } else { 78 }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "[{}] {problem}", problem.code())?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
