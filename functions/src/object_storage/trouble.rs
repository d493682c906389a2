//! What the connection to a store met, noted beside the library's own errors, whose texts hold URLs and whole answers.

use std::cell::RefCell;
use std::future::Future;

use object_store::Error;

use super::ObjectError;

/// What the last request of an operation met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(any(feature = "aws", feature = "azure", feature = "alibaba")), expect(dead_code, reason = "folders have no connections"))]
pub(super) enum Trouble {
    /// An answer that is none of success.
    Status(u16),
    /// No answer, or half of one.
    Connection(String),
}

tokio::task_local! {
    static MET: RefCell<Option<Trouble>>;
}

/// Does something with a store; gives what its last request met.
pub(super) async fn noting<T>(doing: impl Future<Output = T>) -> (T, Option<Trouble>) {
    MET.scope(RefCell::new(None), async {
        let done = doing.await;
        (done, MET.with(|met| met.borrow_mut().take()))
    })
    .await
}

/// Notes what a request met; `None` where all is well.
#[cfg_attr(not(any(feature = "aws", feature = "azure", feature = "alibaba")), expect(dead_code, reason = "folders have no connections"))]
pub(super) fn met(trouble: Option<Trouble>) {
    // Outside of an operation nobody asks.
    MET.try_with(|met| *met.borrow_mut() = trouble).unwrap_or_default();
}

impl Trouble {
    /// An error of a store in our words.
    pub(super) fn told(trouble: Option<Self>, error: &Error, doing: &str) -> ObjectError {
        let doing = doing.to_owned();
        match (error, trouble) {
            (Error::NotFound { .. }, _) => ObjectError::NotFound { doing },
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _) => ObjectError::Forbidden { doing },
            (_, Some(Self::Status(status @ (429 | 503)))) => ObjectError::Throttled { doing, status },
            (_, Some(Self::Status(status @ 500..))) => ObjectError::Unavailable { doing, reason: format!("the store answered {status}") },
            (_, Some(Self::Status(401 | 403))) => ObjectError::Forbidden { doing },
            (_, Some(Self::Status(status))) => ObjectError::Invalid { doing, reason: format!("the store answered {status}") },
            (_, Some(Self::Connection(reason))) => ObjectError::Unavailable { doing, reason },
            (Error::NotSupported { .. } | Error::NotImplemented { .. }, None) => ObjectError::Invalid { doing, reason: "the store can not do that".to_owned() },
            (Error::InvalidPath { .. }, None) => ObjectError::Invalid { doing, reason: "the key has empty parts, or parts that are dots".to_owned() },
            (Error::JoinError { .. }, None) => ObjectError::Unavailable { doing, reason: "it was broken off".to_owned() },
            (other, None) => ObjectError::of_files(other, doing),
        }
    }
}

impl ObjectError {
    /// What a folder answers: the kind of its error, and of nothing else.
    fn of_files(error: &Error, doing: String) -> Self {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(found) = source {
            if let Some(error) = found.downcast_ref::<std::io::Error>() {
                return match error.kind() {
                    std::io::ErrorKind::NotFound => Self::NotFound { doing },
                    std::io::ErrorKind::PermissionDenied => Self::Forbidden { doing },
                    kind => Self::Unavailable { doing, reason: kind.to_string() },
                };
            }
            source = found.source();
        }
        Self::Invalid { doing, reason: "the store can not be set up as it is; look at its name, its endpoint and its credentials".to_owned() }
    }
}
