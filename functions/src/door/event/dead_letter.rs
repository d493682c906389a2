//! What can never work is kept once, without tokens, and the platform is told that it is done (surface.md §15.5).

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::dead_letters::{self, DeadLetter, DeadLetterKind, DeadLetterState};
use nightowl_storage::meta::{begin, finish};
use serde_json::{Value as Json, json};

use crate::door::hash_of;
use crate::event::{Content, Origin};
use crate::node::{Node, NodeError};
use crate::object_storage::{ObjectUrl, Written};

/// Where a copy of every dead letter goes, beside the table (`event.dead_letter`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Copies {
    /// Nowhere.
    None,
    /// To the log of the process.
    Log,
    /// To files of a folder.
    Folder(PathBuf),
    /// To objects of a store.
    Objects(ObjectUrl),
}

impl Copies {
    /// Those of the setting.
    pub(super) fn parse(setting: &str, default_bucket: Option<&str>) -> Result<Self, NodeError> {
        let wrong = |reason: String| NodeError::Setting { key: "event.dead_letter", reason };
        match setting.trim() {
            "" | "table" => Ok(Self::None),
            "log" => Ok(Self::Log),
            other => match other.strip_prefix("file:") {
                Some(folder) if !folder.is_empty() => Ok(Self::Folder(folder.into())),
                None if other.contains("://") => ObjectUrl::parse(other, default_bucket).map(Self::Objects).map_err(|error| wrong(error.to_string())),
                _ => Err(wrong("it is none of table, log, file:<folder>, s3://…, oss://…, blob://…".to_owned())),
            },
        }
    }
}

/// Who may be meant by a letter.
pub(super) struct Addressee<'a> {
    pub(super) trace_id: Option<&'a str>,
    pub(super) tenant_id: Option<&'a str>,
}

/// Keeps a letter, if its delivery has none yet.
pub(super) async fn keep(
    node: &Node,
    copies: &Copies,
    origin: &Origin,
    error: (&'static str, &str),
    content: &Content,
    addressee: &Addressee<'_>,
) -> Result<(), NodeError> {
    let source = origin.source.as_str();
    let (text, encoding) = match std::str::from_utf8(&content.bytes) {
        // Databases differ in whether a text may hold NUL.
        Ok(text) if !text.contains('\0') => (text.to_owned(), None),
        _ => (STANDARD.encode(&content.bytes), Some("base64".to_owned())),
    };
    let mut attributes = origin.shown();
    attributes["form"] = json!(content.form.as_str());
    // A delivery without a key is known by what it holds.
    let delivery_key = origin.key.as_ref().map_or_else(|| hash_of(&["event-content", source, &text]), |key| hash_of(&["event", source, key]));
    let letter = DeadLetter {
        dead_letter_id: node.engine.ids.next_id()?,
        delivery_key: Some(delivery_key),
        kind: DeadLetterKind::Event,
        source: source.to_owned(),
        code: error.0.to_owned(),
        message: error.1.to_owned(),
        received_at: node.clock.now_utc(),
        trace_id: addressee.trace_id.map(str::to_owned),
        tenant_id: addressee.tenant_id.map(str::to_owned),
        attempts: 1,
        content: Some(text),
        content_encoding: encoding,
        attributes,
        state: DeadLetterState::Open,
    };
    let copy = (*copies != Copies::None).then(|| document(&letter));
    let dead_letter_id = letter.dead_letter_id;
    let kept = node.stores.default_store().store.write(move |session| {
        Box::pin(async move {
            begin(session).await?;
            let kept = dead_letters::insert(session, &letter).await;
            finish(session, kept).await
        })
    });
    let is_new = kept.await??;
    if is_new {
        tracing::warn!(source, code = error.0, dead_letter_id, "a delivery is a dead letter now: {}", error.1);
    }
    if let Some(document) = copy.filter(|_| is_new) {
        send_copy(node, copies, dead_letter_id, &document).await;
    }
    Ok(())
}

/// A dead letter as its copies have it.
fn document(letter: &DeadLetter) -> Json {
    json!({
        "deliveryKey": letter.attributes.get("deliveryKey"), "source": letter.source, "error": {"code": letter.code, "message": letter.message},
        "receivedAt": letter.received_at.and_utc().to_rfc3339(), "attributes": letter.attributes.get("attributes"), "content": letter.content,
        "contentEncoding": letter.content_encoding,
    })
}

/// A copy that can not be made is told of; the letter itself is kept.
async fn send_copy(node: &Node, copies: &Copies, dead_letter_id: i64, document: &Json) {
    match copies {
        Copies::None => {}
        Copies::Log => tracing::error!(dead_letter_id, "dead letter: {document}"),
        Copies::Folder(folder) => {
            let path = folder.join(format!("{dead_letter_id}.json"));
            if let Err(error) = tokio::fs::write(&path, document.to_string()).await {
                tracing::error!(dead_letter_id, %error, "the copy of a dead letter can not be written to {}", path.display());
            }
        }
        Copies::Objects(place) => {
            let written = Written { content_type: Some("application/json".to_owned()), ..Written::default() };
            let (key, bytes) = (place.key(&format!("{dead_letter_id}.json")), document.to_string().into_bytes());
            if let Err(error) = node.objects.put(&place.bucket, &key, bytes, &written).await {
                tracing::error!(dead_letter_id, %error, "the copy of a dead letter can not be written");
            }
        }
    }
}
