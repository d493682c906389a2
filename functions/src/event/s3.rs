//! AWS S3 notifications and those of stores like it (surface.md §15.2.1).

use std::collections::HashMap;

use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::fields::{element, is_zero, list, maybe_object, maybe_text, object, text as required};
use super::record::{Body, ContentForm, ObjectRef, Origin, Outer, Record};
use super::text::{form_decoded, other_reading};
use super::{EventError, EventSource};

/// The one major version that is known.
const MAJOR_VERSION: &str = "2";
/// What names of events that trigger begin with.
const CREATED: &str = "ObjectCreated:";

/// `{"Records": [{"eventName", "s3": {"bucket", "object"}}]}`.
pub(super) fn decode(document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    for (index, value) in list(document, "Records", "")?.iter().enumerate() {
        let mut origin = Origin::inside(outer, EventSource::S3);
        let body = record(value, &format!("Records[{index}]"), &mut origin).unwrap_or_else(|error| {
            let event: Object = [("Records", Value::array(vec![value.clone()]))].into_iter().collect();
            Body::bad(error, ContentForm::Event, &json_text(&Value::Object(event), JsonStyle::Document))
        });
        out.push(Record { origin, body });
    }
    Ok(())
}

fn record(value: &Value, place: &str, origin: &mut Origin) -> Result<Body, EventError> {
    let record = element(value, place)?;
    if let Some(version) = maybe_text(record, "eventVersion")
        && version.split('.').next() != Some(MAJOR_VERSION)
    {
        return Err(EventError::shape(format!("{place}.eventVersion"), "only versions 2.x are known"));
    }
    let name = required(record, "eventName", place)?;
    if !name.strip_prefix("s3:").unwrap_or(name).starts_with(CREATED) {
        return Ok(Body::Ignored("no object was created"));
    }
    let s3 = object(record, "s3", place)?;
    let bucket = required(object(s3, "bucket", &format!("{place}.s3"))?, "name", &format!("{place}.s3.bucket"))?;
    let stored = object(s3, "object", &format!("{place}.s3"))?;
    let raw_key = required(stored, "key", &format!("{place}.s3.object"))?;
    let decoded = form_decoded(raw_key).ok_or_else(|| EventError::shape(format!("{place}.s3.object.key"), "decoded, it is not UTF-8"))?;
    let other_key = other_reading(&decoded, Some(raw_key.to_owned()));
    Ok(created(
        origin,
        &Created {
            bucket,
            key: decoded,
            other_key,
            version: maybe_text(stored, "versionId"),
            etag: maybe_text(stored, "eTag"),
            sequencer: maybe_text(stored, "sequencer"),
            region: maybe_text(record, "awsRegion"),
            is_empty: is_zero(stored, "size"),
        },
    ))
}

/// An object that was created, as S3 and EventBridge tell it.
struct Created<'a> {
    bucket: &'a str,
    key: String,
    other_key: Option<String>,
    version: Option<&'a str>,
    etag: Option<&'a str>,
    sequencer: Option<&'a str>,
    region: Option<&'a str>,
    is_empty: bool,
}

fn created(origin: &mut Origin, created: &Created<'_>) -> Body {
    origin.facts.bucket = Some(created.bucket.to_owned());
    origin.facts.object = Some(created.key.clone());
    if created.is_empty || created.key.ends_with('/') {
        return Body::Ignored("the object is empty");
    }
    let state = created.version.or(created.etag).map(|state| state.trim_matches('"'));
    origin.key = Some(delivery_key(created.bucket, &created.key, &[state, created.sequencer]));
    if let Some(sequencer) = created.sequencer {
        origin.attributes.add(SEQUENCER, sequencer);
    }
    Body::Object(ObjectRef {
        bucket: created.bucket.to_owned(),
        key: created.key.clone(),
        other_key: created.other_key.clone(),
        version: created.version.map(str::to_owned),
        region: created.region.map(str::to_owned),
        account: None,
    })
}

/// The attribute under which the order of the events of one key is kept.
const SEQUENCER: &str = "sequencer";

/// `bucket/key@state@…`: what makes the delivery of an object one and the same.
pub(super) fn delivery_key(bucket: &str, key: &str, states: &[Option<&str>]) -> String {
    states.iter().flatten().fold(format!("{bucket}/{key}"), |text, state| format!("{text}@{state}"))
}

/// `Object Created` of EventBridge; `None` where the event is another one of S3.
pub(super) fn of_event_bridge(event: &Object, outer: &Outer) -> Result<Record, EventError> {
    let mut origin = Origin::inside(outer, EventSource::S3);
    if maybe_text(event, "detail-type") != Some("Object Created") {
        return Ok(Record { origin, body: Body::Ignored("no object was created") });
    }
    let detail = object(event, "detail", "")?;
    let bucket = required(object(detail, "bucket", "detail")?, "name", "detail.bucket")?;
    let stored = object(detail, "object", "detail")?;
    let key = required(stored, "key", "detail.object")?;
    let body = created(
        &mut origin,
        &Created {
            bucket,
            key: key.to_owned(),
            other_key: other_reading(key, form_decoded(key)),
            version: maybe_text(stored, "version-id"),
            etag: maybe_text(stored, "etag"),
            sequencer: maybe_text(stored, "sequencer"),
            region: maybe_text(event, "region"),
            is_empty: is_zero(stored, "size"),
        },
    );
    Ok(Record { origin, body })
}

/// Puts the events of one object into the order of their sequencers; everything else stays in its place. Events of
/// different items of a batch are left alone: they are reported one by one.
pub(super) fn in_order(records: &mut [Record]) {
    let mut places: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let Origin { facts, attributes, item: None, .. } = &record.origin else { continue };
        if let (Body::Object(_), Some(bucket), Some(object), Some(_)) = (&record.body, &facts.bucket, &facts.object, attributes.get(SEQUENCER)) {
            places.entry((bucket.clone(), object.clone())).or_default().push(index);
        }
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        let mut sorted: Vec<Record> = places.iter().filter_map(|place| records.get(*place).cloned()).collect();
        sorted.sort_by_cached_key(|record| padded(record.origin.attributes.get(SEQUENCER).unwrap_or_default()));
        for (place, record) in places.into_iter().zip(sorted) {
            if let Some(slot) = records.get_mut(place) {
                *slot = record;
            }
        }
    }
}

/// A sequencer in a form whose texts compare as the events follow one another: right-padded with `0`.
fn padded(sequencer: &str) -> String {
    let digits = sequencer.to_ascii_lowercase();
    // what is missing counts as zeros, so zeros at the end do not count
    digits.trim_end_matches('0').to_owned()
}

/// User metadata of an object as attributes: `x-amz-meta-code` is `code`.
pub fn metadata_name(header: &str) -> &str {
    ["x-amz-meta-", "x-oss-meta-", "x-ms-meta-"].into_iter().find_map(|prefix| header.strip_prefix(prefix)).unwrap_or(header)
}

/// The region of a notification's record, for who fetches the object.
pub(super) fn region_of(record: &Object) -> Option<&str> {
    maybe_text(record, "region").or_else(|| maybe_object(record, "data").and_then(|data| maybe_text(data, "region")))
}
