//! What can go wrong with objects, whatever their store.

use nightowl_core::error::{Coded, ErrorClass};

use super::Cloud;

/// Why an object can not be had, or can not be written. Texts name buckets and keys, never credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is no such object or bucket (`object-not-found`).
    #[error("failed to {doing}: there is no such object or bucket")]
    NotFound {
        /// What was tried.
        doing: String,
    },
    /// The credentials do not allow it (`object-forbidden`).
    #[error("failed to {doing}: the credentials do not allow it; give the role or the keys the right, or correct them")]
    Forbidden {
        /// What was tried.
        doing: String,
    },
    /// The store wants fewer requests (`object-throttled`).
    #[error("failed to {doing}: the store asks for fewer requests ({status}); it is to be tried again later")]
    Throttled {
        /// What was tried.
        doing: String,
        /// Its answer.
        status: u16,
    },
    /// The store is away or broken (`object-unavailable`).
    #[error("failed to {doing}: {reason}; it is to be tried again later")]
    Unavailable {
        /// What was tried.
        doing: String,
        /// What happened.
        reason: String,
    },
    /// What was asked for can not be (`object-invalid`).
    #[error("failed to {doing}: {reason}")]
    Invalid {
        /// What was tried.
        doing: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// An object is larger than it may be (`limit-object`).
    #[error("failed to {doing}: it has more than {limit} bytes; store it in parts, or raise event.max_object_bytes")]
    TooLarge {
        /// What was tried.
        doing: String,
        /// The bound, in bytes.
        limit: u64,
    },
    /// This build has no driver for the store (`storage-object-driver`).
    #[error("failed to open a store of objects: this build has no driver \"{}\"; build with the cargo feature of that name", cloud.as_str())]
    NoDriver {
        /// Whose store it is.
        cloud: Cloud,
    },
}

impl Coded for ObjectError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "object-not-found",
            Self::Forbidden { .. } => "object-forbidden",
            Self::Throttled { .. } => "object-throttled",
            Self::Unavailable { .. } => "object-unavailable",
            Self::Invalid { .. } => "object-invalid",
            Self::TooLarge { .. } => "limit-object",
            Self::NoDriver { .. } => "storage-object-driver",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound { .. } | Self::Forbidden { .. } | Self::Invalid { .. } | Self::TooLarge { .. } => ErrorClass::Reject,
            Self::Throttled { .. } | Self::Unavailable { .. } => ErrorClass::Retry,
            Self::NoDriver { .. } => ErrorClass::Fatal,
        }
    }
}
