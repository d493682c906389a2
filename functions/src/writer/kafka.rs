//! `kafka-writer`: a message to a topic of Kafka, with the row's id as its key (engine.md §6).
//!
//! The url is `kafka://host:9092,other:9092/topic`. Behind a `?` may stand `security=tls` and `mechanism=PLAIN`,
//! `SCRAM-SHA-256` or `SCRAM-SHA-512`; `pat` refers to `user:password`. TLS and SCRAM need a build with `kafka-tls`.

mod producer;
mod target;

use std::time::Duration;

use async_trait::async_trait;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::FutureRecord;

use super::message::{self, Failure};
use super::secret;
use crate::outbound::AllowedHosts;
use producer::Producers;
use target::Target;

/// The writer.
#[derive(Debug)]
pub(super) struct KafkaWriter {
    producers: Producers,
    timeout: Duration,
}

impl KafkaWriter {
    /// A writer that calls these hosts, and waits so long until a message is acknowledged.
    pub(super) fn new(allowed: AllowedHosts, timeout: Duration) -> Self {
        Self { producers: Producers::new(allowed, timeout), timeout }
    }

    async fn send(&self, call: &ExternalCall) -> Result<(), Failure> {
        let body = message::text(call)?;
        let target = Target::read(message::url(call)?).map_err(Failure::retry)?;
        let password = secret::token(call.writer.pat.as_deref()).await.map_err(Failure::retry)?;
        let producer = self.producers.of(&target, password.as_ref()).await.map_err(Failure::retry)?;
        let key = message::data_id(call);
        let headers = OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: "X-Nightowl-Trace-Id", value: Some(&call.trace_id) })
            .insert(Header { key: "Idempotency-Key", value: Some(&call.idempotency_key) });
        let mut record = FutureRecord::<String, String>::to(&target.topic).payload(&body).headers(headers);
        if let Some(key) = &key {
            record = record.key(key);
        }
        match producer.send(record, self.timeout).await {
            Ok(delivery) => {
                let (partition, offset) = (delivery.partition, delivery.offset);
                tracing::debug!(trace_id = call.trace_id, writer = call.writer.writer_code, topic = target.topic, partition, offset, "a message was sent");
                Ok(())
            }
            Err((error, _)) => Err(failure(&error, &target)),
        }
    }
}

/// Only what is wrong with the message itself is wrong for ever.
fn failure(error: &KafkaError, target: &Target) -> Failure {
    let reason = format!("topic {} of {}: {error}", target.topic, target.brokers);
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::InvalidTopic
            | RDKafkaErrorCode::InvalidRecord,
        ) => Failure::reject(reason),
        _ => Failure::retry(reason),
    }
}

#[async_trait]
impl ExternalWriter for KafkaWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        self.send(call).await.map_err(|failure| failure.of(call))
    }
}
