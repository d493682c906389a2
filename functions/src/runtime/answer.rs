//! What an invocation is answered: the platform's own form of what became of its event (surface.md §15.2.4, §15.5, §15.7).

use nightowl_core::error::{Coded, ErrorClass};
use serde_json::{Value as Json, json};

use crate::door::event::EventReport;
use crate::event::Shape;

/// The code under which the end of an invocation's time is known inside.
const DEADLINE: &str = "limit-deadline";

/// What an invocation is answered that did not fail.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// A result document.
    Result(Json),
    /// The items of a batch that are to be sent again.
    Batch(Json),
    /// The answer to an HTTP request that came in the event, in its platform's form.
    Http(Json),
}

/// An invocation that failed: the platform is to repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Failure {
    /// The code of what failed.
    pub code: &'static str,
    /// What failed, and what to do.
    pub message: String,
    /// Whether repeating it may help.
    pub may_work_later: bool,
}

impl Answered {
    /// The answer to what became of an event.
    pub(super) fn of(report: EventReport) -> Result<Self, Failure> {
        if let Some(answer) = report.http_answer {
            return Ok(Self::Http(answer));
        }
        if report.shape == Some(Shape::Sqs) {
            return Ok(Self::Batch(report.batch_item_failures()));
        }
        if let Some(code) = report.handshake {
            return Ok(Self::Result(json!({"validationResponse": code})));
        }
        if !report.is_failed() {
            return Ok(Self::Result(report.document()));
        }
        let may_work_later = report.may_work_later();
        let (code, message) = report.failure().unwrap_or(("event-not-done", "a delivery was not done"));
        Err(Failure { code, message: message.to_owned(), may_work_later })
    }

    /// The document, whatever it is.
    pub fn into_document(self) -> Json {
        match self {
            Self::Result(document) | Self::Batch(document) | Self::Http(document) => document,
        }
    }
}

impl Failure {
    /// The failure of an error.
    pub fn of(error: &(impl Coded + std::fmt::Display)) -> Self {
        Self { code: error.code(), message: error.to_string(), may_work_later: error.class() != ErrorClass::Reject }
    }

    /// The time of the invocation was over before there was an answer.
    pub(super) fn out_of_time() -> Self {
        let message = "the time of the invocation is over; what it began ends or is undone, and is recognised when it is sent again".to_owned();
        Self { code: DEADLINE, message, may_work_later: true }
    }

    /// Whether the time was over.
    pub fn is_timeout(&self) -> bool {
        self.code == DEADLINE
    }

    /// The error document of Lambda and of Function Compute. Of an execution that took too long it says so in the words of
    /// Qinling as well (surface.md §18).
    pub fn document(&self) -> Json {
        let mut document = json!({"errorMessage": self.message, "errorType": self.code});
        if self.is_timeout() {
            document["status"] = json!("failed");
            document["code"] = json!("timeout");
        }
        document
    }
}
