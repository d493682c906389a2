//! AWS SQS (surface.md §15.2.4).

use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::fields::{element, list, maybe_object, maybe_text, text as required};
use super::record::{Body, ContentForm, Item, Origin, Outer, Record};
use super::{Attributes, Decoder, EventError, EventSource};

/// What the ARN of a queue that keeps an order ends with.
const FIFO: &str = ".fifo";

/// `{"Records": [{"messageId", "body", "messageAttributes", "eventSourceARN"}]}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    for (index, value) in list(document, "Records", "")?.iter().enumerate() {
        let mut origin = Origin::inside(outer, EventSource::Sqs);
        if let Err(error) = message(decoder, value, &format!("Records[{index}]"), &mut origin, out) {
            let event: Object = [("Records", Value::array(vec![value.clone()]))].into_iter().collect();
            out.push(Record { origin, body: Body::bad(error, ContentForm::Event, &json_text(&Value::Object(event), JsonStyle::Document)) });
        }
    }
    Ok(())
}

/// The items of a batch, in order; they are what a partial failure names.
pub(super) fn items(document: &Value) -> Vec<Item> {
    let records = document.as_object().and_then(|document| document.get("Records")).and_then(Value::as_array).unwrap_or_default();
    records.iter().filter_map(Value::as_object).filter_map(item).collect()
}

fn item(record: &Object) -> Option<Item> {
    let id = maybe_text(record, "messageId")?;
    let ordered = maybe_text(record, "eventSourceARN").is_some_and(|arn| arn.ends_with(FIFO));
    let group = maybe_object(record, "attributes").and_then(|attributes| maybe_text(attributes, "MessageGroupId")).filter(|_| ordered);
    // a queue of that kind without a group is one group
    Some(Item { id: id.into(), group: group.or_else(|| ordered.then_some("")).map(Into::into) })
}

fn message(decoder: &Decoder<'_>, value: &Value, place: &str, origin: &mut Origin, out: &mut Vec<Record>) -> Result<(), EventError> {
    let record = element(value, place)?;
    origin.item = item(record);
    origin.key = Some(required(record, "messageId", place)?.to_owned());
    origin.facts.queue = maybe_text(record, "eventSourceARN").map(str::to_owned);
    if let Some(attributes) = maybe_object(record, "messageAttributes") {
        add_attributes(&mut origin.attributes, attributes, ["dataType", "stringValue"]);
    }
    let body = required(record, "body", place)?;
    decoder.message(origin.clone(), body, out);
    Ok(())
}

/// Attributes of messages: texts and numbers count, bytes do not. A type may carry a label behind a dot.
pub(super) fn add_attributes(attributes: &mut Attributes, given: &Object, [kind, value]: [&str; 2]) {
    for (name, attribute) in given.iter() {
        let Some(attribute) = attribute.as_object() else { continue };
        let is_text = matches!(maybe_text(attribute, kind).and_then(|kind| kind.split('.').next()), Some("String" | "Number"));
        if let (true, Some(text)) = (is_text, maybe_text(attribute, value)) {
            attributes.add(name, text);
        }
    }
}
