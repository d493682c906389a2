//! The writers of this installation, by their type.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nightowl_config::Settings;
use nightowl_core::compile::EnabledWriters;
use nightowl_core::error::ErrorClass;
use nightowl_core::model::ExternalWriterType;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};

use super::elastic_search::ElasticSearchWriter;
#[cfg(feature = "kafka")]
use super::kafka::KafkaWriter;
use super::object_storage::ObjectStorageWriter;
#[cfg(any(feature = "aws", feature = "alibaba"))]
use super::queue::QueueWriter;
use super::standard::StandardWriter;
#[cfg(feature = "alibaba")]
use crate::messaging::Mns;
#[cfg(feature = "aws")]
use crate::messaging::Sqs;
use crate::object_storage::ObjectStorage;
use crate::outbound::AllowedHosts;
#[cfg(any(feature = "aws", feature = "alibaba"))]
use crate::outbound::Client;

/// The enabled writers; a call goes to the one of its definition's type.
#[derive(Debug)]
pub struct Writers {
    by_type: BTreeMap<ExternalWriterType, Arc<dyn ExternalWriter>>,
}

impl Writers {
    /// The writers that the settings enable.
    pub fn of(settings: &Settings, objects: &ObjectStorage) -> Self {
        let external = &settings.external;
        let mut by_type: BTreeMap<ExternalWriterType, Arc<dyn ExternalWriter>> = BTreeMap::new();
        let allowed = AllowedHosts::new(external.allow.iter().map(String::as_str));
        if external.standard_writer {
            let timeout = Duration::from_secs(external.standard_writer_timeout_seconds);
            by_type.insert(ExternalWriterType::Standard, Arc::new(StandardWriter::new(allowed.clone(), timeout)));
        }
        #[cfg(any(feature = "kafka", feature = "aws", feature = "alibaba"))]
        let timeout = Duration::from_secs(external.message_timeout_seconds);
        #[cfg(any(feature = "aws", feature = "alibaba"))]
        let client = || Client::new(allowed.clone(), timeout);
        #[cfg(feature = "kafka")]
        if external.kafka_writer {
            by_type.insert(ExternalWriterType::Kafka, Arc::new(KafkaWriter::new(allowed.clone(), timeout)));
        }
        #[cfg(feature = "aws")]
        if external.sqs_writer {
            let driver = Arc::new(Sqs::new(client()));
            by_type.insert(ExternalWriterType::Sqs, Arc::new(QueueWriter::new(driver)));
        }
        #[cfg(feature = "alibaba")]
        if external.mns_writer {
            let driver = Arc::new(Mns::new(client()));
            by_type.insert(ExternalWriterType::Mns, Arc::new(QueueWriter::new(driver)));
        }
        if external.object_storage_writer {
            let writer = ObjectStorageWriter::new(objects.clone(), allowed);
            by_type.insert(ExternalWriterType::ObjectStorage, Arc::new(writer));
        }
        if external.elastic_search_writer {
            by_type.insert(ExternalWriterType::ElasticSearch, Arc::new(ElasticSearchWriter));
        }
        Self { by_type }
    }
}

/// The types that the settings enable: pipelines that use others do not compile.
pub fn enabled(settings: &Settings) -> EnabledWriters {
    EnabledWriters::new(Writers::of(settings, &ObjectStorage::of(settings)).by_type.into_keys())
}

#[async_trait]
impl ExternalWriter for Writers {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        match self.by_type.get(&call.writer.writer_type) {
            Some(writer) => writer.write(call).await,
            None => Err(ExternalWriterError {
                writer: call.writer.writer_code.clone(),
                reason: format!("writers of type {} are not enabled", call.writer.writer_type),
                class: ErrorClass::Retry,
            }),
        }
    }
}
