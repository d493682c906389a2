//! What the errors of the clouds mean, whoever's they are (surface.md §17).

use nightowl_core::error::{Coded, ErrorClass};

use crate::outbound::CallError;

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// What was named is not there.
    NotFound,
    /// The credentials are missing, over, or not enough.
    Forbidden,
    /// Too many calls.
    Throttled,
    /// The other side is away, or failed.
    Unavailable,
    /// What was sent can never be taken.
    Invalid,
}

/// Why a call of a cloud's API failed. Its text holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct CloudError {
    /// What it means.
    pub(crate) meaning: Meaning,
    /// What happened.
    pub(crate) reason: String,
}

/// How much of the other side's text is told, in characters.
const TOLD_CHARACTERS: usize = 200;

impl CloudError {
    pub(crate) fn new(meaning: Meaning, reason: impl Into<String>) -> Self {
        Self { meaning, reason: reason.into() }
    }

    /// What an API answered: its code, and its text unless that may repeat what was signed.
    pub(crate) fn answered(api: &str, meaning: Meaning, status: u16, code: &str, text: &str) -> Self {
        let told: String = text.chars().filter(|character| !character.is_control()).take(TOLD_CHARACTERS).collect();
        let told = if meaning == Meaning::Forbidden || told.trim().is_empty() { String::new() } else { format!(": {told}") };
        let code: String = code.chars().filter(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')).take(80).collect();
        Self::new(meaning, format!("{api} answered {status} {code}{told}"))
    }

    /// Whether the same call may work a moment later.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self.meaning, Meaning::Throttled | Meaning::Unavailable)
    }
}

impl From<CallError> for CloudError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(reason) => Self::new(Meaning::Forbidden, reason),
            CallError::Unreachable(reason) => Self::new(Meaning::Unavailable, reason),
        }
    }
}

impl Coded for CloudError {
    fn code(&self) -> &'static str {
        match self.meaning {
            Meaning::NotFound => "cloud-not-found",
            Meaning::Forbidden => "cloud-forbidden",
            Meaning::Throttled => "cloud-throttled",
            Meaning::Unavailable => "cloud-unavailable",
            Meaning::Invalid => "cloud-invalid",
        }
    }

    /// Queues are made and rights are given later; only what was sent itself can be wrong for ever.
    fn class(&self) -> ErrorClass {
        match self.meaning {
            Meaning::NotFound | Meaning::Forbidden | Meaning::Throttled | Meaning::Unavailable => ErrorClass::Retry,
            Meaning::Invalid => ErrorClass::Reject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sent_is_wrong_for_ever() {
        let class = |meaning| CloudError::new(meaning, "x").class();
        assert_eq!(class(Meaning::Invalid), ErrorClass::Reject);
        for meaning in [Meaning::NotFound, Meaning::Forbidden, Meaning::Throttled, Meaning::Unavailable] {
            assert_eq!(class(meaning), ErrorClass::Retry);
        }
    }

    #[test]
    fn what_was_signed_is_not_told() {
        let text = "The canonical request was x-amz-security-token:s3cret";
        let error = CloudError::answered("sqs", Meaning::Forbidden, 403, "SignatureDoesNotMatch", text);
        assert_eq!(error.to_string(), "sqs answered 403 SignatureDoesNotMatch");
        let error = CloudError::answered("sqs", Meaning::Invalid, 400, "Bad\nCode", &"long ".repeat(100));
        assert!(error.to_string().starts_with("sqs answered 400 BadCode: long ") && error.to_string().len() < 240);
    }
}
