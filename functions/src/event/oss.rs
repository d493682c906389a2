//! Alibaba OSS notifications, plain and as CloudEvents (surface.md §15.2.2).

use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::fields::{element, is_zero, list, maybe_object, maybe_text, object, text as required};
use super::record::{Body, ContentForm, ObjectRef, Origin, Outer, Record};
use super::s3::{delivery_key, region_of};
use super::text::{other_reading, percent_decoded};
use super::{EventError, EventSource};

/// What names of events that trigger begin with.
const CREATED: &str = "ObjectCreated:";
/// Creations that leave no whole object yet.
const UNFINISHED: [&str; 3] = ["InitiateMultipartUpload", "UploadPart", "UploadPartCopy"];

/// `{"events": [{"eventName", "oss": {"bucket", "object"}}]}`.
pub(super) fn decode(document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    for (index, value) in list(document, "events", "")?.iter().enumerate() {
        let mut origin = Origin::inside(outer, EventSource::Oss);
        let place = format!("events[{index}]");
        let body = element(value, &place).and_then(|event| record(event, &place, None, &mut origin)).unwrap_or_else(|error| {
            let event: Object = [("events", Value::array(vec![value.clone()]))].into_iter().collect();
            Body::bad(error, ContentForm::Event, &json_text(&Value::Object(event), JsonStyle::Document))
        });
        out.push(Record { origin, body });
    }
    Ok(())
}

/// A CloudEvent whose `data` holds what an element of `events` holds, or has such a list itself.
pub(super) fn of_cloud_event(event: &Object, data: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    if data.contains("events") {
        return decode(data, outer, out);
    }
    let region = region_of(data).or_else(|| maybe_text(event, "aliyunregionid"));
    let mut origin = Origin::inside(outer, EventSource::Oss);
    let body = record(data, "data", region, &mut origin)?;
    out.push(Record { origin, body });
    Ok(())
}

fn record(event: &Object, place: &str, region: Option<&str>, origin: &mut Origin) -> Result<Body, EventError> {
    let name = required(event, "eventName", place)?;
    match name.strip_prefix("oss:").unwrap_or(name).strip_prefix(CREATED) {
        Some(how) if !UNFINISHED.contains(&how) => {}
        _ => return Ok(Body::Ignored("no object was created")),
    }
    let oss = object(event, "oss", place)?;
    let bucket = required(object(oss, "bucket", &format!("{place}.oss"))?, "name", &format!("{place}.oss.bucket"))?;
    let stored = object(oss, "object", &format!("{place}.oss"))?;
    let key = required(stored, "key", &format!("{place}.oss.object"))?;
    origin.facts.bucket = Some(bucket.to_owned());
    origin.facts.object = Some(key.to_owned());
    if is_zero(stored, "size") || key.ends_with('/') {
        return Ok(Body::Ignored("the object is empty"));
    }
    let request = maybe_object(event, "responseElements").and_then(|response| maybe_text(response, "requestId"));
    let etag = maybe_text(stored, "eTag").map(|etag| etag.trim_matches('"'));
    origin.key = Some(delivery_key(bucket, key, &[etag, request]));
    let encoded = key.contains(['%', '+']);
    Ok(Body::Object(ObjectRef {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        other_key: other_reading(key, percent_decoded(key)).filter(|_| encoded),
        version: None,
        region: maybe_text(event, "region").or(region).map(str::to_owned),
        account: None,
    }))
}
