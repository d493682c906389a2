//! AWS EventBridge: schedules, S3 objects, and events of others (surface.md §15.2.1, §15.2.7).

use nightowl_core::value::{Object, Value};

use super::fields::maybe_text;
use super::record::{Origin, Outer, Record};
use super::timer::{Tick, tick};
use super::{Decoder, EventError, EventSource, s3};

/// What the type of a schedule's event says.
const SCHEDULED: &str = "Scheduled Event";

/// `{"detail-type", "source", "id", "time", "resources", "detail"}`.
pub(super) fn decode(decoder: &Decoder<'_>, event: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    if maybe_text(event, "source") == Some("aws.s3") {
        out.push(s3::of_event_bridge(event, outer)?);
        return Ok(());
    }
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let mut origin = Origin::inside(outer, EventSource::EventBridge);
    let id = maybe_text(event, "id").map(str::to_owned);
    if maybe_text(event, "detail-type") != Some(SCHEDULED) {
        // an event of somebody else: its detail is the content
        origin.key = id;
        origin.facts.name = maybe_text(event, "detail-type").map(str::to_owned);
        decoder.content(&origin, detail, out);
        return Ok(());
    }
    let resource = event.get("resources").and_then(Value::as_array).and_then(|resources| resources.first()).and_then(Value::as_text);
    let name = resource.and_then(|resource| resource.rsplit('/').next()).unwrap_or_default();
    let time = maybe_text(event, "time").unwrap_or_default();
    origin.key = id.or_else(|| Some(format!("{name}@{time}")));
    tick(decoder, origin, &Tick { name, time, payload: detail }, out);
    Ok(())
}
