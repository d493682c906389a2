//! Timers of Alibaba and Azure, and what every schedule has in common (surface.md §15.2.7).

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{Object, Value, read_json};

use super::fields::{maybe_scalar, text as required};
use super::record::{Body, Origin, Outer, Record};
use super::{Decoder, EventError, EventSource, Shape};

/// The member of a payload that speaks to the runtime itself.
const RESERVED: &str = "watchmen";

/// A tick of a schedule.
pub(super) struct Tick<'a> {
    /// The rule or timer.
    pub(super) name: &'a str,
    /// When it was due, as the platform writes it.
    pub(super) time: &'a str,
    /// What it carries: any text, an object, or nothing.
    pub(super) payload: &'a Value,
}

/// Alibaba: `{"triggerTime", "triggerName", "payload"}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let name = required(document, "triggerName", "")?;
    let time = maybe_scalar(document, "triggerTime").unwrap_or_default();
    let origin = Origin::inside(outer, EventSource::Timer).keyed(format!("{name}@{time}"));
    tick(decoder, origin, &Tick { name, time: &time, payload: document.get("payload").unwrap_or(&Value::Null) }, out);
    Ok(())
}

/// The delivery of a tick: the envelope that it carries, or bare data for a route.
pub(super) fn tick(decoder: &Decoder<'_>, mut origin: Origin, tick: &Tick<'_>, out: &mut Vec<Record>) {
    origin.facts.name = Some(tick.name.to_owned());
    let payload = match tick.payload {
        Value::Text(text) => read_json(text, JSON_DEPTH).ok().filter(|parsed| parsed.as_object().is_some()),
        Value::Object(_) => Some(tick.payload.clone()),
        _ => None,
    };
    let word = payload.as_ref().and_then(Value::as_object).and_then(|payload| payload.get(RESERVED)).and_then(Value::as_text);
    match word {
        Some("heartbeat") => return out.push(Record { origin, body: Body::Heartbeat }),
        Some(_) => return out.push(Record { origin, body: Body::Ignored("a reserved payload that is not known yet") }),
        None => {}
    }
    if let Some(Value::Object(envelope)) = payload.filter(|payload| Shape::of(payload) == Some(Shape::Envelope)) {
        // it is one whatever the route makes of other payloads
        return out.extend(decoder.envelope(origin, &envelope));
    }
    let data: Object = [("trigger", Value::from(tick.name)), ("scheduledAt", Value::from(tick.time)), ("payload", carried(tick.payload))].into_iter().collect();
    decoder.data(origin, data, out);
}

/// A payload as data: an empty one is none, a text stays a text.
fn carried(payload: &Value) -> Value {
    match payload {
        Value::Object(object) if object.is_empty() => Value::Null,
        Value::Text(text) if matches!(text.trim(), "" | "{}") => Value::Null,
        Value::Text(_) | Value::Object(_) => payload.clone(),
        _ => Value::Null,
    }
}
