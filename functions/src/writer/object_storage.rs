//! `object-storage-writer`: one object for each call, at the same key however often it is repeated (engine.md §6). Its
//! content is itself a valid trigger of another installation.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nightowl_core::error::Coded as _;
use nightowl_core::port::{ExternalCall, ExternalWriter, ExternalWriterError};
use secrecy::ExposeSecret as _;

use super::message::{self, Failure};
use super::secret;
use crate::object_storage::{Access, Bucket, ObjectError, ObjectStorage, ObjectUrl, Written};
use crate::outbound::AllowedHosts;

/// What is stored beside an object. Names are of letters alone, which every store keeps.
const TRACE_ID: &str = "traceid";
const IDEMPOTENCY_KEY: &str = "idempotencykey";

/// The writer of objects.
#[derive(Debug)]
pub(super) struct ObjectStorageWriter {
    objects: ObjectStorage,
    allowed: AllowedHosts,
}

impl ObjectStorageWriter {
    /// A writer to stores at these hosts.
    pub(super) const fn new(objects: ObjectStorage, allowed: AllowedHosts) -> Self {
        Self { objects, allowed }
    }

    async fn send(&self, call: &ExternalCall) -> Result<(), Failure> {
        let content = message::text(call)?;
        let place = ObjectUrl::parse(message::url(call)?, self.objects.default_bucket())?;
        let event_code = call.event_code.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let event_code = event_code.ok_or_else(|| Failure::reject("its action has no eventCode, which is part of the object's key"))?;
        let objects = self.objects.with_access(access(call, &place.bucket).await?);
        if let Some((host, port)) = objects.host_of(&place.bucket) {
            self.allowed.check(&host, port).await.map_err(Failure::retry)?;
        }
        let data_id = message::data_id(call).unwrap_or_else(|| "-".to_owned());
        let key = place.key(&format!("{event_code}/{data_id}-{}.json", call.idempotency_key));
        let metadata = BTreeMap::from([(TRACE_ID.to_owned(), call.trace_id.clone()), (IDEMPOTENCY_KEY.to_owned(), call.idempotency_key.clone())]);
        // A caller's trace id may hold what no header can; it is in the content, too.
        let metadata = metadata.into_iter().filter(|(_, value)| value.bytes().all(|byte| byte.is_ascii_graphic())).collect();
        let written = Written { content_type: Some("application/json".to_owned()), metadata };
        objects.put(&place.bucket, &key, content.into_bytes(), &written).await?;
        tracing::debug!(trace_id = call.trace_id, writer = call.writer.writer_code, "an object was written");
        Ok(())
    }
}

#[async_trait]
impl ExternalWriter for ObjectStorageWriter {
    async fn write(&self, call: &ExternalCall) -> Result<(), ExternalWriterError> {
        self.send(call).await.map_err(|failure| failure.of(call))
    }
}

/// The credentials of a writer's `pat`, else those of the process.
async fn access(call: &ExternalCall, bucket: &Bucket) -> Result<Access, Failure> {
    match secret::token(call.writer.pat.as_deref()).await.map_err(Failure::retry)? {
        Some(text) => Access::parse(bucket.cloud, text.expose_secret()).map_err(Failure::from),
        None => Ok(Access::Process),
    }
}

impl From<ObjectError> for Failure {
    /// What a store refuses may be granted later; what can not be, never works.
    fn from(error: ObjectError) -> Self {
        let reason = format!("{}: {error}", error.code());
        match error {
            ObjectError::Invalid { .. } | ObjectError::TooLarge { .. } => Self::reject(reason),
            _ => Self::retry(reason),
        }
    }
}
