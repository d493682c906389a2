//! `sqs-writer`, `mns-writer`: a message to a queue of a cloud. The url is the queue's; `pat` refers to an access key
//! (`KEY:SECRET` or `KEY:SECRET:TOKEN`) where that of the installation is not meant (engine.md §6).

use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::error::Coded as _;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};

use super::message::{self, Failure};
use super::secret;
use crate::cloud::{CloudError, Credentials};
use crate::messaging::{Message, MessagingDriver};

/// Writes to queues through one driver.
#[derive(Debug)]
pub(super) struct QueueWriter {
    driver: Arc<dyn MessagingDriver>,
}

impl QueueWriter {
    pub(super) fn new(driver: Arc<dyn MessagingDriver>) -> Self {
        Self { driver }
    }

    async fn send(&self, call: &ExternalCall) -> Result<(), Failure> {
        let body = message::text(call)?;
        let url = message::url(call)?;
        let key = secret::token(call.writer.pat.as_deref()).await.map_err(Failure::retry)?;
        let credentials = key.as_ref().map(Credentials::of_text).transpose().map_err(failure)?;
        let group = message::data_id(call).unwrap_or_else(|| call.trace_id.clone());
        let message = Message { body: &body, trace_id: Some(&call.trace_id), idempotency_key: &call.idempotency_key, group: &group };
        let id = self.driver.send(url, &message, credentials.as_ref()).await.map_err(failure)?;
        tracing::debug!(trace_id = call.trace_id, writer = call.writer.writer_code, message_id = id, "a message was sent");
        Ok(())
    }
}

fn failure(error: CloudError) -> Failure {
    Failure { class: error.class(), reason: error.reason }
}

#[async_trait]
impl ExternalWriter for QueueWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        self.send(call).await.map_err(|failure| failure.of(call))
    }
}
