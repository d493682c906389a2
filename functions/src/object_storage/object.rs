//! An object, as a store gives it.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::ObjectError;
use super::trouble::{Trouble, noting};

/// What is known of an object without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Its size, in bytes.
    pub size: u64,
    /// What tells its states apart, without quotes.
    pub etag: Option<String>,
    /// Its version, where the bucket has versions.
    pub version: Option<String>,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

/// An object whose content is being read.
pub struct Fetched {
    /// What is known of it.
    pub info: ObjectInfo,
    /// What its content is said to be.
    pub content_type: Option<String>,
    /// What was stored with it, by names in lower case.
    pub metadata: BTreeMap<String, String>,
    pub(super) doing: String,
    pub(super) stream: BoxStream<'static, object_store::Result<Bytes>>,
}

/// What is written beside the bytes of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// What the content is.
    pub content_type: Option<String>,
    /// What is stored with it. Names of letters and digits are kept by every store.
    pub metadata: BTreeMap<String, String>,
}

impl Fetched {
    /// The next piece of the content; `None` at its end.
    ///
    /// # Errors
    /// A connection that breaks off.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ObjectError> {
        let (piece, trouble) = noting(self.stream.next()).await;
        piece.transpose().map_err(|error| Trouble::told(trouble, &error, &self.doing))
    }

    /// The whole content.
    ///
    /// # Errors
    /// [`ObjectError::TooLarge`] for more than `limit` bytes, and as [`Fetched::next`].
    pub async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, ObjectError> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            if (bytes.len() + piece.len()) as u64 > limit {
                return Err(ObjectError::TooLarge { doing: self.doing, limit });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Fetched").field("info", &self.info).field("content_type", &self.content_type).finish_non_exhaustive()
    }
}
