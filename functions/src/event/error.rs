//! Why an event, or one record of it, can not be taken.

use nightowl_core::error::{Coded, ErrorClass};

/// Why an event can not be decoded. Messages name places, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The bytes are neither JSON nor CBOR (`event-not-json`).
    #[error("failed to read the event at {place}: {reason}")]
    NotJson {
        /// Where.
        place: String,
        /// What the reader says.
        reason: String,
    },
    /// The bytes begin like CBOR and are none, or none that an event may be (`event-not-cbor`).
    #[error("failed to read the event as CBOR: {reason}")]
    NotCbor {
        /// What is wrong.
        reason: String,
    },
    /// No shape of surface.md §15.1 (`event-not-recognised`).
    #[error("failed to recognise the event at {place}: it has the shape of no source; send an envelope with code and data, or an event of a platform")]
    NotRecognised {
        /// Where.
        place: String,
    },
    /// A member is missing, or is not what its source sends (`event-shape`).
    #[error("failed to read the event at {place}: {reason}")]
    Shape {
        /// Where.
        place: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A bound was exceeded (`limit-event`).
    #[error("failed to read the event: {what} is over the limit of {limit}; send it in parts")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
    /// Neither the content nor a route says for which topic it is (`event-code-missing`).
    #[error("failed to find the topic of a delivery from {from}: neither its content nor a route has a code; add an entry to event.route")]
    CodeMissing {
        /// The source, and what a route could match.
        from: String,
    },
    /// The content has no data (`trigger-data-missing`).
    #[error("failed to trigger: the delivery has no data; send an envelope with code and data, or set mode \"payload\" in the route")]
    DataMissing,
    /// An envelope with a member that can not be what it is; the code is that of every door (surface.md §6.2).
    #[error("{reason}")]
    Envelope {
        /// The code.
        code: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A route says what this record can not be (`event-route-mismatch`).
    #[error("failed to apply route {route} to a delivery: {reason}")]
    RouteMismatch {
        /// The route's position, from 1.
        route: usize,
        /// Why.
        reason: String,
    },
}

impl EventError {
    /// A member that is not what it should be.
    pub(super) fn shape(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Shape { place: place.into(), reason: reason.into() }
    }
}

impl Coded for EventError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "event-not-json",
            Self::NotCbor { .. } => "event-not-cbor",
            Self::NotRecognised { .. } => "event-not-recognised",
            Self::Shape { .. } => "event-shape",
            Self::Limit { .. } => "limit-event",
            Self::CodeMissing { .. } => "event-code-missing",
            Self::DataMissing => "trigger-data-missing",
            Self::Envelope { code, .. } => code,
            Self::RouteMismatch { .. } => "event-route-mismatch",
        }
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}
