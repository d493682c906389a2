//! Azure Event Grid, in its own schema and as CloudEvents (surface.md §15.2.3).

use nightowl_core::value::Object;

use super::fields::{is_zero, maybe_text, object, text as required};
use super::record::{Body, ObjectRef, Origin, Outer, Record};
use super::s3::delivery_key;
use super::text::{other_reading, percent_decoded};
use super::{EventError, EventSource};

const CREATED: &str = "Microsoft.Storage.BlobCreated";
const VALIDATION: &str = "Microsoft.EventGrid.SubscriptionValidationEvent";
/// Calls that leave no whole blob yet.
const UNFINISHED: [&str; 3] = ["CreateFile", "SftpCreate", "SftpWrite"];
/// What stands before the container, and between it and the name, in a subject.
const CONTAINERS: &str = "/containers/";
const BLOBS: &str = "/blobs/";

/// One event; lists are taken apart before.
pub(super) fn decode(event: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let mut origin = Origin::inside(outer, EventSource::EventGrid);
    let body = match maybe_text(event, "eventType").or_else(|| maybe_text(event, "type")) {
        Some(CREATED) => created(event, &mut origin)?,
        Some(VALIDATION) => Body::Handshake(required(object(event, "data", "")?, "validationCode", "data")?.to_owned()),
        _ => Body::Ignored("no blob was created"),
    };
    out.push(Record { origin, body });
    Ok(())
}

fn created(event: &Object, origin: &mut Origin) -> Result<Body, EventError> {
    let data = object(event, "data", "")?;
    if maybe_text(data, "api").is_some_and(|api| UNFINISHED.contains(&api)) {
        return Ok(Body::Ignored("the blob is not complete yet"));
    }
    let url = maybe_text(data, "url").and_then(of_url);
    let subject = maybe_text(event, "subject").and_then(of_subject);
    let (account, by_url) = url.map_or((None, None), |(account, place)| (Some(account), Some(place)));
    let Some((container, name)) = subject.clone().or_else(|| by_url.clone()) else {
        return Err(EventError::shape("data.url", "neither it nor subject names a container and a blob"));
    };
    origin.facts.bucket = Some(container.clone());
    origin.facts.object = Some(name.clone());
    if is_zero(data, "contentLength") {
        return Ok(Body::Ignored("the blob is empty"));
    }
    let etag = maybe_text(data, "eTag").map(|etag| etag.trim_matches('"'));
    origin.key = Some(delivery_key(&container, &name, &[etag, maybe_text(data, "sequencer")]));
    if let Some(sequencer) = maybe_text(data, "sequencer") {
        origin.attributes.add("sequencer", sequencer);
    }
    let other_key = other_reading(&name, by_url.filter(|_| subject.is_some()).map(|(_, name)| name));
    Ok(Body::Object(ObjectRef { bucket: container, key: name, other_key, version: None, region: None, account }))
}

/// Container and name of a subject, which is not encoded.
fn of_subject(subject: &str) -> Option<(String, String)> {
    let (_, behind) = subject.split_once(CONTAINERS)?;
    let (container, name) = behind.split_once(BLOBS)?;
    (!container.is_empty() && !name.is_empty()).then(|| (container.to_owned(), name.to_owned()))
}

/// Account, and container and name, of a URL. The host may be that of the data lake.
fn of_url(url: &str) -> Option<(String, (String, String))> {
    let (_, behind_scheme) = url.split_once("://")?;
    let (host, path) = behind_scheme.split_once('/')?;
    let path = percent_decoded(path.split(['?', '#']).next()?)?;
    let (container, name) = path.split_once('/')?;
    let account = host.split('.').next()?;
    (!container.is_empty() && !name.is_empty()).then(|| (account.to_owned(), (container.to_owned(), name.to_owned())))
}
