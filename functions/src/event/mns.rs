//! Alibaba MNS topics and queues (surface.md §15.2.6).

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{Object, Value, read_json};

use super::fields::{maybe_object, maybe_scalar, maybe_text, text as required};
use super::record::{Origin, Outer, Record};
use super::{Attributes, Decoder, EventError, EventSource};

/// The members of a notification that are no attributes of the message.
const OWN: [&str; 10] =
    ["TopicOwner", "Message", "Subscriber", "PublishTime", "SubscriptionName", "MessageMD5", "TopicName", "MessageId", "SubscriberRegion", "Signature"];
/// The attribute that holds all others as JSON text.
const EXTEND: &str = "Extend";

/// Format JSON: `{"TopicName", "MessageId", "Message", …}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let mut origin = Origin::inside(outer, EventSource::Mns);
    origin.key = maybe_text(document, "MessageId").map(str::to_owned);
    origin.facts.topic = maybe_text(document, "TopicName").map(str::to_owned);
    origin.facts.name = maybe_text(document, "SubscriptionName").map(str::to_owned);
    for (name, value) in document.iter().filter(|(name, _)| !OWN.contains(&&***name)) {
        add(&mut origin.attributes, name, value);
    }
    message(decoder, origin, required(document, "Message", "")?, out);
    Ok(())
}

/// Format STREAM with attributes: `{"body", "attrs"}`.
pub(super) fn decode_stream(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let mut origin = Origin::inside(outer, EventSource::Mns);
    for (name, value) in maybe_object(document, "attrs").into_iter().flat_map(Object::iter) {
        add(&mut origin.attributes, name, value);
    }
    message(decoder, origin, required(document, "body", "")?, out);
    Ok(())
}

/// A message of a queue, which EventBridge wraps in a CloudEvent.
pub(super) fn of_cloud_event(decoder: &Decoder<'_>, event: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let mut origin = Origin::inside(outer, EventSource::Mns);
    let subject = maybe_text(event, "subject");
    origin.facts.queue = subject.and_then(|subject| subject.rsplit(['/', ':']).next()).map(str::to_owned);
    let data = event.get("data").unwrap_or(&Value::Null);
    let members = data.as_object();
    origin.key = members.and_then(|data| maybe_scalar(data, "messageId")).or_else(|| maybe_text(event, "id").map(str::to_owned));
    let body = members.and_then(|data| data.get("messageBody").or_else(|| data.get("body"))).unwrap_or(data);
    match body {
        Value::Text(text) => message(decoder, origin, text, out),
        Value::Object(_) | Value::Array(_) => decoder.content(&origin, body, out),
        other => return Err(EventError::shape("data.messageBody", format!("it is {}, where a text is expected", other.kind()))),
    }
    Ok(())
}

/// The text of a message: an envelope, perhaps in base64.
pub(super) fn message(decoder: &Decoder<'_>, origin: Origin, text: &str, out: &mut Vec<Record>) {
    decoder.message(origin, text, out);
}

fn add(attributes: &mut Attributes, name: &str, value: &Value) {
    match value {
        Value::Text(text) if name == EXTEND => {
            if let Ok(Value::Object(members)) = read_json(text, JSON_DEPTH) {
                attributes.add_scalars(&members);
            }
        }
        Value::Object(members) if name == EXTEND => attributes.add_scalars(members),
        other => {
            let single: Object = [(name, other.clone())].into_iter().collect();
            attributes.add_scalars(&single);
        }
    }
}
