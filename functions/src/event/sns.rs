//! AWS SNS: invoked by it, or its notification in an SQS message (surface.md §15.2.4, §15.2.5).

use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::fields::{element, list, maybe_object, maybe_text, object, text as required};
use super::record::{Body, ContentForm, Origin, Outer, Record};
use super::sqs::add_attributes;
use super::{Decoder, EventError, EventSource};

/// `{"Records": [{"EventSource", "Sns": {"MessageId", "TopicArn", "Message", "MessageAttributes"}}]}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    for (index, value) in list(document, "Records", "")?.iter().enumerate() {
        let place = format!("Records[{index}]");
        let done = element(value, &place).and_then(|record| object(record, "Sns", &place)).and_then(|sns| notification(decoder, sns, outer, out));
        if let Err(error) = done {
            let event: Object = [("Records", Value::array(vec![value.clone()]))].into_iter().collect();
            let body = Body::bad(error, ContentForm::Event, &json_text(&Value::Object(event), JsonStyle::Document));
            out.push(Record { origin: Origin::inside(outer, EventSource::Sns), body });
        }
    }
    Ok(())
}

/// One notification by itself.
pub(super) fn notification(decoder: &Decoder<'_>, notification: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let id = required(notification, "MessageId", "Sns")?;
    unwrap(decoder, notification, &Origin::inside(outer, EventSource::Sns).keyed(id), out)
}

/// The content of a notification, as a delivery of who carries it: its key and its item stay.
pub(super) fn unwrap(decoder: &Decoder<'_>, notification: &Object, carrier: &Origin, out: &mut Vec<Record>) -> Result<(), EventError> {
    let message = required(notification, "Message", "Sns")?;
    let mut origin = carrier.clone();
    if origin.source != EventSource::Sns {
        origin.layer += 1;
    }
    origin.facts.topic = maybe_text(notification, "TopicArn").map(str::to_owned);
    if let Some(attributes) = maybe_object(notification, "MessageAttributes") {
        add_attributes(&mut origin.attributes, attributes, ["Type", "Value"]);
    }
    decoder.message(origin, message, out);
    Ok(())
}
