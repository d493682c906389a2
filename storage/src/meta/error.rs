//! What can go wrong with META tuples.

use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::model::Problem;
use nightowl_core::port::{IdSourceError, StoreError};

/// An error of META (storage.md §10, §16). Messages name tuples and columns, never passwords, tokens or keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// An update or delete of a tuple that is not there.
    #[error("failed to find {kind} \"{id}\"")]
    NotFound {
        /// The kind of tuple.
        kind: &'static str,
        /// What was looked for.
        id: String,
    },
    /// Somebody else has saved the tuple since it was read (storage.md §16).
    #[error("failed to save {kind} \"{id}\": it has been changed since version {version} was read; read it again, and repeat the change")]
    OptimisticLock {
        /// The kind of tuple.
        kind: &'static str,
        /// Its id.
        id: String,
        /// The version that was expected.
        version: i64,
    },
    /// Several tuples where there can be only one.
    #[error("failed to read {kind} \"{id}\": several rows have this key; remove the superfluous ones")]
    TooMany {
        /// The kind of tuple.
        kind: &'static str,
        /// What was looked for.
        id: String,
    },
    /// A row that can not be what it should be.
    #[error("failed to read {kind} \"{id}\": column {column} {reason}")]
    Damaged {
        /// The kind of tuple.
        kind: &'static str,
        /// Its id, where it is known.
        id: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What is wrong with definitions that were to be applied; nothing was written.
    #[error("failed to apply the definitions: {}", first_of(.0))]
    Definitions(Vec<Problem>),
    /// A password could not be hashed or sealed.
    #[error("failed to keep the password of {kind} \"{name}\": {reason}")]
    Password {
        /// The kind of tuple.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is wrong; never the password.
        reason: String,
    },
    /// No id could be drawn.
    #[error(transparent)]
    Id(#[from] IdSourceError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for MetaError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "storage-entity-not-found",
            Self::OptimisticLock { .. } => "storage-optimistic-lock",
            Self::TooMany { .. } => "storage-too-many-entities",
            Self::Damaged { .. } => "storage-tuple-damaged",
            Self::Definitions(problems) => problems.first().map_or("definition-not-applied", |problem| problem.code),
            Self::Password { .. } => "definition-password",
            Self::Id(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound { .. }
            | Self::OptimisticLock { .. }
            | Self::TooMany { .. }
            | Self::Damaged { .. }
            | Self::Definitions(_)
            | Self::Password { .. } => ErrorClass::Reject,
            Self::Id(error) => error.class(),
            Self::Store(error) => error.class(),
        }
    }
}

/// The first problem, and how many there are besides.
fn first_of(problems: &[Problem]) -> String {
    match problems {
        [] => "nothing is known about it".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    }
}
