//! Why a trigger was not carried out, as every door tells it (surface.md §6.2).

use nightowl_auth::{AuthError, Class};
use nightowl_core::engine::TriggerError;
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::value::JsonError;
use serde_json::{Value as Json, json};

use crate::input::InputError;
use crate::node::NodeError;
use crate::object_storage::ObjectError;
use crate::rerun::RerunError;

/// Why a trigger was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The body is no JSON, nested too deep, or not UTF-8.
    #[error(transparent)]
    NotJson(#[from] JsonError),
    /// An element of a file is broken.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The body is too large.
    #[error("failed to read the trigger: it has more than {limit} bytes; send it in parts, or raise {setting}")]
    TooLarge {
        /// The bound.
        limit: usize,
        /// The setting.
        setting: &'static str,
    },
    /// A content can not be laid into a temporary file.
    #[error("failed to read the content: no temporary file can be written: {reason}; give the process a folder for such files (TMPDIR)")]
    Spool {
        /// Why.
        reason: String,
    },
    /// An object can not be had.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The request takes longer than it may; what it began ends or is undone, never half done.
    #[error("failed to answer within {seconds} s; ask for less at once, or raise limits.request_seconds")]
    TooSlow {
        /// The bound.
        seconds: u64,
    },
    /// The body has the wrong shape.
    #[error("failed to read the trigger: {}: {message}", .location.join("."))]
    Shape {
        /// Where.
        location: Vec<&'static str>,
        /// What is wrong.
        message: &'static str,
        /// The reference's word for it.
        kind: &'static str,
    },
    /// A date of a query can not be read (S23).
    #[error("failed to read {key}: write it as YYYYMMDDHHMMSS or YYYYMMDDHHMM, with any separators")]
    DateUnreadable {
        /// The key.
        key: &'static str,
    },
    /// An idempotency key that can not be kept as it is (surface.md §6.2).
    #[error("failed to read the header Idempotency-Key: send 1 to 255 visible ASCII characters, or leave it out")]
    KeyWrong,
    /// `triggerType` and `type` say different things.
    #[error("failed to read the trigger: triggerType and type differ; send one of them")]
    TypesDiffer,
    /// No data.
    #[error("failed to trigger \"{code}\": data is missing or null")]
    DataMissing {
        /// The topic's name.
        code: String,
    },
    /// Not authenticated, or not allowed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The engine refused, or failed.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// Something can not be run again.
    #[error(transparent)]
    Rerun(#[from] RerunError),
    /// The node failed.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// The class of an error of `nightowl-auth`, as everybody else has it.
pub const fn class_of(class: Class) -> ErrorClass {
    match class {
        Class::Reject => ErrorClass::Reject,
        Class::Retry => ErrorClass::Retry,
        Class::Fatal => ErrorClass::Fatal,
        Class::Bug => ErrorClass::Bug,
    }
}

impl Coded for DoorError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotJson(error) => error.code(),
            Self::Input(error) => error.code(),
            Self::TooLarge { .. } => "limit-body",
            Self::Spool { .. } => "storage-temporary-file",
            Self::Object(error) => error.code(),
            Self::TooSlow { .. } => "limit-request-time",
            Self::Shape { .. } => "trigger-shape",
            Self::TypesDiffer => "trigger-type-not-allowed",
            Self::DateUnreadable { .. } => "trigger-date-unreadable",
            Self::KeyWrong => "trigger-key-wrong",
            Self::DataMissing { .. } => "trigger-data-missing",
            Self::Auth(error) => error.code(),
            Self::Trigger(error) => error.code(),
            Self::Rerun(error) => error.code(),
            Self::Node(error) => error.code(),
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::NotJson(_)
            | Self::Input(_)
            | Self::TooLarge { .. }
            | Self::Shape { .. }
            | Self::TypesDiffer
            | Self::DateUnreadable { .. }
            | Self::KeyWrong
            | Self::DataMissing { .. } => ErrorClass::Reject,
            Self::Spool { .. } => ErrorClass::Retry,
            Self::TooSlow { .. } => ErrorClass::Retry,
            Self::Object(error) => error.class(),
            Self::Auth(error) => class_of(error.class()),
            Self::Trigger(error) => error.class(),
            Self::Rerun(error) => error.class(),
            Self::Node(error) => error.class(),
        }
    }
}

impl DoorError {
    pub(crate) fn shape(location: &[&'static str], message: &'static str, kind: &'static str) -> Self {
        Self::Shape { location: location.to_vec(), message, kind }
    }

    /// The HTTP status (surface.md §6.2).
    pub fn status(&self) -> u16 {
        match self {
            Self::NotJson(_) | Self::Input(_) | Self::TypesDiffer | Self::DateUnreadable { .. } | Self::KeyWrong | Self::DataMissing { .. } => 400,
            Self::TooLarge { .. } => 413,
            Self::Spool { .. } => 503,
            Self::TooSlow { .. } => 504,
            Self::Shape { .. } => 422,
            Self::Auth(error) => error.http_status(),
            Self::Trigger(error) => trigger_status(error),
            Self::Rerun(error) => error.status(),
            Self::Node(NodeError::TenantUnknown { .. }) => 404,
            Self::Node(NodeError::Auth(error)) => error.http_status(),
            Self::Object(error) => by_class(error.class()),
            Self::Node(error) => by_class(error.class()),
        }
    }

    /// Seconds after which it may be tried again.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::Auth(error) => error.retry_after_seconds(),
            other => (other.class() == ErrorClass::Retry).then_some(1),
        }
    }

    /// The body of the answer: the reference's text for 401 and 403, its list for 422, else code and message.
    pub fn body(&self) -> Json {
        match self {
            Self::Auth(error) if error.http_status() == 401 => json!({"detail": "Unauthorized visit."}),
            Self::Auth(error) if error.http_status() == 403 && error.code() != "auth-scope" => json!({"detail": "Unauthorized visit."}),
            Self::Shape { location, message, kind } => json!({"detail": [{"loc": location, "msg": message, "type": kind}]}),
            other => json!({"detail": {"code": other.code(), "message": other.to_string()}}),
        }
    }
}

fn trigger_status(error: &TriggerError) -> u16 {
    match error {
        TriggerError::TopicNotFound { .. } | TriggerError::RowNotFound { .. } => 404,
        TriggerError::KeyReused => 422,
        TriggerError::DataIdMissing { .. }
        | TriggerError::TypeNotAllowed { .. }
        | TriggerError::OnlyWritten { .. }
        | TriggerError::TopicWithoutDataSource { .. }
        | TriggerError::Preparation { .. } => 400,
        TriggerError::Saving { source, .. } if source.code() == "storage-insert-conflict" => 409,
        TriggerError::Saving { source, .. } if source.code() == "value-not-storable" => 400,
        other => by_class(other.class()),
    }
}

const fn by_class(class: ErrorClass) -> u16 {
    match class {
        ErrorClass::Reject => 400,
        ErrorClass::Retry | ErrorClass::Fatal => 503,
        ErrorClass::Bug => 500,
    }
}
