//! Events: decoded as what they look like, and as their source's even where they do not look like it. What comes out is
//! followed as far as it goes without a store: contents are read row by row, what is kept of failures is read again.

#![expect(clippy::expect_used, reason = "a test ends where its routes are wrong")]

use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::LazyLock;

use nightowl::event::{Body, ContentForm, DecodeOptions, Decoder, EventSource, HttpForm, Origin, Record, Routes, http_answer, of_binary};
use nightowl::input::{Bounds, CsvReading, Input};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::read_json_bytes;
use serde_json::json;

/// Routes of every kind, so that their part of decoding is met as well.
static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
    let routes = json!([
        {"match": {"source": "tablestore", "function": "rows"}, "code": "t", "capture": "rows", "key": {"pk_0": "k"}, "changedAt": "at"},
        {"match": {"source": "tablestore"}, "code": "t", "flatten": true},
        {"match": {"source": "debezium"}, "code": "t", "capture": "rows", "key": {"id": "id"}, "types": {"price": "Decimal(2)", "note": "Date"}},
        {"match": {"source": "sqs", "queue": "ord*"}, "mode": "payload", "code": "raw"},
        {"match": {"source": "s3", "prefix": "in/"}, "code": "raw", "decode": "csv"},
        {"match": {"source": "timer"}, "mode": "payload", "code": "raw", "tenantId": "1"},
        {"match": {"source": "mns"}, "decode": "debezium"}
    ]);
    Routes::read(routes.as_array().expect("a list")).expect("routes")
});

pub(super) fn s3(bytes: &[u8]) {
    decode(EventSource::S3, bytes);
}

pub(super) fn oss(bytes: &[u8]) {
    decode(EventSource::Oss, bytes);
}

pub(super) fn azure(bytes: &[u8]) {
    decode(EventSource::AzureBlob, bytes);
    decode(EventSource::AzureQueue, bytes);
}

pub(super) fn grid(bytes: &[u8]) {
    decode(EventSource::EventGrid, bytes);
}

pub(super) fn sqs(bytes: &[u8]) {
    decode(EventSource::Sqs, bytes);
}

pub(super) fn sns(bytes: &[u8]) {
    decode(EventSource::Sns, bytes);
}

pub(super) fn mns(bytes: &[u8]) {
    decode(EventSource::Mns, bytes);
}

pub(super) fn bridge(bytes: &[u8]) {
    decode(EventSource::EventBridge, bytes);
}

pub(super) fn timer(bytes: &[u8]) {
    decode(EventSource::Timer, bytes);
}

pub(super) fn tablestore(bytes: &[u8]) {
    decode(EventSource::Tablestore, bytes);
}

pub(super) fn http(bytes: &[u8]) {
    decode(EventSource::Http, bytes);
}

pub(super) fn cloud_events(bytes: &[u8]) {
    decode(EventSource::CloudEvents, bytes);
    // the binary form: lines of headers, an empty one, the body
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    drop(of_binary(head.lines().filter_map(|line| line.split_once(": ")), body.as_bytes()));
}

pub(super) fn debezium(bytes: &[u8]) {
    decode(EventSource::Debezium, bytes);
}

pub(super) fn direct(bytes: &[u8]) {
    decode(EventSource::Direct, bytes);
}

fn decode(source: EventSource, bytes: &[u8]) {
    for source in [None, Some(source)] {
        let options = DecodeOptions { source, function: Some("rows".to_owned()), text_is_mns: source.is_none(), ..DecodeOptions::default() };
        let decoder = Decoder::new(&ROUTES, &options);
        if let Ok(decoded) = decoder.decode(bytes) {
            for record in decoded.records {
                follow(&decoder, record);
            }
        }
    }
}

fn follow(decoder: &Decoder<'_>, record: Record) {
    let Record { origin, body } = record;
    let kept = Origin::of_shown(origin.source, &origin.shown());
    assert_eq!(kept.key, origin.key, "a dead letter knows its delivery");
    assert_eq!(Origin::of_shown(kept.source, &kept.shown()).shown(), kept.shown(), "and where it came from, without tokens");
    match body {
        Body::Content(bytes) => content(decoder, &origin, &bytes),
        Body::Http(request) => drop(http_answer(request.form, 200, &request.headers, &request.body)),
        Body::Bad { content, .. } if content.form == ContentForm::Delivery => again(decoder, &kept, &content.bytes),
        Body::Trigger(trigger) => drop(format!("{trigger:?}")),
        Body::Bad { .. } | Body::Object(_) | Body::Heartbeat | Body::Handshake(_) | Body::Ignored(_) => {}
    }
    drop(http_answer(HttpForm::Payload2, 404, &[], &[0xff]));
}

fn again(decoder: &Decoder<'_>, kept: &Origin, bytes: &[u8]) {
    if let Ok(document) = read_json_bytes(bytes, JSON_DEPTH) {
        drop(decoder.deliveries(kept, &document));
    }
}

fn content(decoder: &Decoder<'_>, origin: &Origin, bytes: &[u8]) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(bytes).and_then(|()| file.seek(SeekFrom::Start(0))).expect("a temporary file");
    let Ok(input) = Input::of_file("content".into(), file, Bounds::default(), &CsvReading::default()) else { return };
    for element in input {
        if let Ok(document) = element.document {
            drop(decoder.deliveries(&origin.of_row(Some(element.number)), &document));
        }
    }
}
