//! What can never work is kept once, without tokens, and the platform is told that it is done (surface.md §15.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::dead_letters::{self, DeadLetter, DeadLetterKind, DeadLetterState};
use nightowl_storage::meta::{begin, finish};
use serde_json::{Value as Json, json};

use super::copies::Copies;
use crate::door::hash_of;
use crate::event::{Content, Origin};
use crate::node::{Node, NodeError};

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
    let copy = copies.are_made().then(|| document(&letter));
    let (dead_letter_id, trace_id) = (letter.dead_letter_id, letter.trace_id.clone());
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
        copies.make(dead_letter_id, trace_id.as_deref(), &document).await;
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
