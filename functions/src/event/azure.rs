//! Azure custom handlers: the host's `Data` and `Metadata` for every trigger that is not forwarded HTTP
//! (surface.md §15.2.3, §15.2.7, §15.2.9).

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{Object, Value, read_json};
use sha2::{Digest, Sha256};

use super::fields::{maybe_object, maybe_text, object};
use super::record::{Body, Origin, Outer, Record};
use super::s3::delivery_key;
use super::text::{base64, percent_decoded, unpacked};
use super::timer::{Tick, tick};
use super::{Decoder, EventError, EventSource, Shape, http};

/// `{"Data": {"<binding>": …}, "Metadata": {…}}`.
pub(super) fn decode(decoder: &Decoder<'_>, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let data = object(document, "Data", "")?;
    let metadata = Metadata(object(document, "Metadata", "")?);
    let named = decoder.options.azure_binding.as_deref().and_then(|name| data.iter().find(|(binding, _)| &***binding == name));
    let (binding, value) = named.or_else(|| data.iter().next()).ok_or_else(|| EventError::shape("Data", "it has no binding"))?;
    let value = bound(value)?;
    let mut outer = outer.clone();
    let function = metadata.system("MethodName").or_else(|| outer.function.clone());
    outer.function.clone_from(&function);
    let origin = |source| {
        let mut origin = Origin::inside(&outer, source);
        origin.facts.name = Some(binding.to_string());
        origin
    };
    if let Bound::Document(Value::Object(request)) = &value {
        if request.contains("Url") && request.contains("Method") {
            return http::decode_azure(request, &outer, out);
        }
        if request.contains("IsPastDue") && request.contains("Schedule") {
            let (name, time) = (function.unwrap_or_else(|| binding.to_string()), metadata.system("UtcNow").unwrap_or_default());
            let origin = origin(EventSource::Timer).keyed(format!("{name}@{time}"));
            tick(decoder, origin, &Tick { name: &name, time: &time, payload: &Value::Null }, out);
            return Ok(());
        }
    }
    if matches!(&value, Bound::Document(document) if Shape::of(document) == Some(Shape::EventGrid)) {
        if let Bound::Document(document) = &value {
            decoder.content(&origin(EventSource::EventGrid), document, out);
        }
        return Ok(());
    }
    if metadata.0.contains("BlobTrigger") || metadata.0.contains("Uri") {
        blob(decoder, origin(EventSource::AzureBlob), &metadata, value, out);
        return Ok(());
    }
    let mut origin = origin(EventSource::AzureQueue);
    origin.key = metadata.text("Id");
    match value {
        Bound::Document(Value::Text(text)) => decoder.message(origin, &text, out),
        Bound::Document(document) => decoder.content(&origin, &document, out),
        Bound::Bytes(bytes) => decoder.message(origin, &String::from_utf8_lossy(&bytes), out),
    }
    Ok(())
}

/// What the host says of a trigger: texts and numbers are JSON texts in strings, of older hosts plain.
struct Metadata<'a>(&'a Object);

impl Metadata<'_> {
    fn text(&self, key: &str) -> Option<String> {
        maybe_text(self.0, key).map(stripped)
    }

    fn system(&self, key: &str) -> Option<String> {
        maybe_text(maybe_object(self.0, "sys")?, key).map(stripped)
    }
}

/// A text without the JSON string around it.
fn stripped(text: &str) -> String {
    match read_json(text, 1) {
        Ok(Value::Text(inner)) => inner.to_string(),
        _ => text.to_owned(),
    }
}

/// The value of a binding.
enum Bound {
    Document(Value),
    Bytes(Vec<u8>),
}

/// An object as it is; a string as JSON, once more where that gives a string; else as base64; else as text.
fn bound(value: &Value) -> Result<Bound, EventError> {
    let Value::Text(text) = value else { return Ok(Bound::Document(value.clone())) };
    match read_json(text, JSON_DEPTH) {
        Ok(Value::Text(inner)) => Ok(Bound::Document(read_json(&inner, JSON_DEPTH).unwrap_or(Value::Text(inner)))),
        Ok(document @ (Value::Object(_) | Value::Array(_))) => Ok(Bound::Document(document)),
        Ok(_) => Ok(Bound::Document(value.clone())),
        Err(_) => match base64(text) {
            Some(bytes) => Ok(Bound::Bytes(unpacked(bytes)?)),
            None => Ok(Bound::Document(value.clone())),
        },
    }
}

/// A blob whose content came with its event.
fn blob(decoder: &Decoder<'_>, mut origin: Origin, metadata: &Metadata<'_>, value: Bound, out: &mut Vec<Record>) {
    let (container, name) = place(metadata);
    let properties = maybe_object(metadata.0, "Properties");
    let etag = properties.and_then(|properties| maybe_text(properties, "ETag")).map(|etag| stripped(etag).trim_matches('"').to_owned());
    for (key, value) in maybe_object(metadata.0, "Metadata").into_iter().flat_map(Object::iter) {
        if let Value::Text(text) = value {
            origin.attributes.add(key, stripped(text));
        }
    }
    let content = match &value {
        Bound::Document(Value::Text(text)) => Some(text.as_bytes().to_vec()),
        Bound::Document(_) => None,
        Bound::Bytes(bytes) => Some(bytes.clone()),
    };
    // Where the host no longer knows the blob, its content stands for its state.
    let state = etag.or_else(|| content.as_deref().map(hash));
    if let Some(name) = &name {
        origin.key = Some(delivery_key(container.as_deref().unwrap_or_default(), name, &[state.as_deref()]));
    }
    (origin.facts.bucket, origin.facts.object) = (container, name);
    match (content, value) {
        (Some(bytes), _) => out.push(Record { origin, body: Body::Content(bytes.into()) }),
        (None, Bound::Document(document)) => decoder.content(&origin, &document, out),
        (None, Bound::Bytes(_)) => {}
    }
}

/// Container and name: of `BlobTrigger`, else of the path of `Uri`, else the name alone.
fn place(metadata: &Metadata<'_>) -> (Option<String>, Option<String>) {
    let path = metadata.text("BlobTrigger").or_else(|| {
        let uri = metadata.text("Uri")?;
        let (_, behind_scheme) = uri.split_once("://")?;
        let (_, path) = behind_scheme.split_once('/')?;
        percent_decoded(path.split(['?', '#']).next().unwrap_or_default())
    });
    match path.as_deref().and_then(|path| path.split_once('/')) {
        Some((container, name)) => (Some(container.to_owned()), Some(name.to_owned())),
        None => (None, metadata.text("name")),
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
