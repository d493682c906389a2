//! Every shape, by the examples of surface.md §15 and by what platforms send besides.

mod arbitrary;
mod capture;
mod messages;
mod objects;
mod requests;
mod samples;

use nightowl_core::value::{JsonStyle, Value, json_text};
use serde_json::{Value as Json, json};

use super::{Body, DecodeOptions, Decoder, Record, Routes};

/// A route for everything, for events that carry no topic.
fn to(code: &str) -> Json {
    json!([{"code": code, "pat": "from-the-route"}])
}

/// What an event is decoded to, each delivery as one line.
fn told(routes: &Json, event: impl AsRef<[u8]>) -> Vec<String> {
    told_with(routes, &DecodeOptions::default(), event)
}

fn told_with(routes: &Json, options: &DecodeOptions, event: impl AsRef<[u8]>) -> Vec<String> {
    let routes = Routes::read(routes.as_array().unwrap()).unwrap();
    match Decoder::new(&routes, options).decode(event.as_ref()) {
        Ok(decoded) => decoded.records.iter().map(line).collect(),
        Err(error) => vec![format!("error {error}")],
    }
}

fn line(record: &Record) -> String {
    let origin = &record.origin;
    let item = origin.item.as_ref().map(|item| format!(" item {}{}", item.id, item.group.as_ref().map(|group| format!("/{group}")).unwrap_or_default()));
    let head = format!("{} [{}]{}", origin.source.as_str(), origin.key.as_deref().unwrap_or("-"), item.unwrap_or_default());
    let body = match &record.body {
        Body::Trigger(trigger) => {
            let envelope = &trigger.envelope;
            let data = json_text(&Value::Object(envelope.data.clone().unwrap()), JsonStyle::Document);
            let tenant = envelope.tenant_id.as_ref().map(|tenant| format!(" tenant {tenant}")).unwrap_or_default();
            let pat = envelope.pat.as_ref().map(|_| " with pat").unwrap_or_default();
            let keyed = trigger.keyed.as_ref().map(|keyed| format!(" {:?} by {:?} keeps {:?}", keyed.change, keyed.key, keyed.kept)).unwrap_or_default();
            format!("{} {} {data}{tenant}{pat}{keyed}", envelope.trigger_type.as_str(), envelope.code)
        }
        Body::Content(bytes) => format!("content {}", String::from_utf8_lossy(bytes)),
        Body::Object(object) => {
            let more = [("or", &object.other_key), ("version", &object.version), ("region", &object.region), ("account", &object.account)];
            let more = more.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(" {name} {value}"))).collect::<String>();
            format!("object {} {}{more}", object.bucket, object.key)
        }
        Body::Http(request) => {
            let headers: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}?{} {} {}", request.method, request.path, request.query, headers.join(","), String::from_utf8_lossy(&request.body))
        }
        Body::Heartbeat => "heartbeat".to_owned(),
        Body::Handshake(code) => format!("handshake {code}"),
        Body::Ignored(_) => "ignored".to_owned(),
        Body::Bad { error, .. } => format!("bad {error}"),
    };
    format!("{head} {body}")
}

/// An SQS event whose one message has this body.
fn sqs_of(body: &str) -> String {
    json!({"Records": [{"messageId": "m1", "body": body, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:1:orders"}]}).to_string()
}
