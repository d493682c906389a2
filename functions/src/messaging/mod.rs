//! Messages to queues of the clouds, behind one port (surface.md §17): what sends does not know whose they are.

#[cfg(feature = "alibaba")]
mod mns;
#[cfg(feature = "aws")]
mod sqs;

use async_trait::async_trait;

#[cfg(feature = "alibaba")]
pub(crate) use mns::Mns;
#[cfg(feature = "aws")]
pub(crate) use sqs::Sqs;

use crate::cloud::{CloudError, Credentials};

/// A message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// A JSON document.
    pub(crate) body: &'a str,
    /// The trace that it belongs to.
    pub(crate) trace_id: Option<&'a str>,
    /// What makes it one and the same, however often it is sent.
    pub(crate) idempotency_key: &'a str,
    /// Whose order is kept, where the queue keeps one.
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "SQS alone keeps an order"))]
    pub(crate) group: &'a str,
}

/// Sends messages to the queues of one cloud.
#[async_trait]
pub(crate) trait MessagingDriver: Send + Sync + std::fmt::Debug {
    /// Sends a message to a queue, by its URL, and gives the id that it has there. Without credentials those that
    /// the platform lends to the invocation are taken, else those of the environment.
    async fn send(&self, queue: &str, message: &Message<'_>, credentials: Option<&Credentials>) -> Result<String, CloudError>;
}
