//! What a folder can not keep with a file: its content type and metadata lie beside it, in `<key>.meta.json`
//! (surface.md §17).

use serde::{Deserialize, Serialize};

use super::Written;

/// What the key of a sidecar ends with.
const ENDING: &str = ".meta.json";
/// The largest sidecar that is read, in bytes.
pub(super) const BYTES: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    metadata: std::collections::BTreeMap<String, String>,
}

/// The key of the sidecar of an object.
pub(super) fn key_of(key: &str) -> String {
    format!("{key}{ENDING}")
}

/// Whether a key is one of a sidecar.
pub(super) fn is_one(key: &str) -> bool {
    key.ends_with(ENDING)
}

/// The bytes of a sidecar; `None` where there is nothing to be kept.
pub(super) fn bytes_of(written: &Written) -> Option<Vec<u8>> {
    if *written == Written::default() {
        return None;
    }
    let document = Document { content_type: written.content_type.clone(), metadata: written.metadata.clone() };
    serde_json::to_vec(&document).ok()
}

/// What a sidecar says; one that can not be read says nothing.
pub(super) fn read(bytes: &[u8]) -> Written {
    let document: Document = serde_json::from_slice(bytes).unwrap_or_default();
    Written { content_type: document.content_type, metadata: document.metadata.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect() }
}
