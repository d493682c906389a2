//! Whatever the bytes are, they end in deliveries or an error: a sample with bytes changed, cut or doubled, a document
//! with members taken away or changed, and plain noise. `PROPTEST_CASES` makes it run longer.

use ciborium::value::Value as Cbor;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};

use super::super::{DecodeOptions, Decoder, EventSource, Routes};
use super::samples::ALL;

fn routes() -> Routes {
    let routes = json!([
        {"match": {"source": "tablestore"}, "code": "t", "capture": "rows", "key": {"pk_0": "k"}, "changedAt": "at"},
        {"match": {"source": "debezium"}, "code": "t", "key": {"id": "id"}, "types": {"price": "Decimal(2)", "note": "Date"}},
        {"match": {"source": "sqs", "queue": "ord*"}, "mode": "payload", "code": "raw"},
        {"match": {"source": "s3", "prefix": "in/"}, "code": "raw"}
    ]);
    Routes::read(routes.as_array().unwrap()).unwrap()
}

/// Decodes bytes with every source that may be forced.
fn decode(bytes: &[u8]) {
    let routes = routes();
    for source in EventSource::ALL.into_iter().map(Some).chain([None]) {
        let options = DecodeOptions { source, text_is_mns: source.is_none(), ..DecodeOptions::default() };
        if let Ok(decoded) = Decoder::new(&routes, &options).decode(bytes) {
            assert!(!format!("{decoded:?}").contains("Qm1c0Jt9xW4zR7uLk2sVHA"), "a token is shown");
        }
    }
}

fn sample() -> impl Strategy<Value = &'static str> {
    any::<Index>().prop_map(|index| index.get(ALL).1)
}

/// A sample in CBOR.
fn packed(sample: &str) -> Vec<u8> {
    let document: Json = serde_json::from_str(sample).unwrap();
    let mut bytes = Vec::new();
    ciborium::into_writer(&as_cbor(&document), &mut bytes).unwrap();
    bytes
}

fn as_cbor(json: &Json) -> Cbor {
    match json {
        Json::Null => Cbor::Null,
        Json::Bool(flag) => Cbor::Bool(*flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Cbor::Float(number.as_f64().unwrap_or_default()), Cbor::from),
        Json::String(text) => Cbor::Text(text.clone()),
        Json::Array(items) => Cbor::Array(items.iter().map(as_cbor).collect()),
        Json::Object(members) => Cbor::Map(members.iter().map(|(name, member)| (Cbor::Text(name.clone()), as_cbor(member))).collect()),
    }
}

/// Something that may stand where something else is expected.
fn odd() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[[]]])),
        Just(json!({"stringValue": 5})),
        any::<String>().prop_map(Json::String),
        sample().prop_map(|sample| json!(sample)),
        sample().prop_map(|sample| serde_json::from_str(sample).unwrap()),
    ]
}

/// Changes the n-th value of a document, counted in depth.
fn change(json: &mut Json, left: &mut usize, to: &Option<Json>) -> bool {
    if *left == 0 {
        *json = to.clone().unwrap_or_default();
        return true;
    }
    *left -= 1;
    match json {
        Json::Array(items) => items.iter_mut().any(|item| change(item, left, to)),
        Json::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                if *left == 0 && to.is_none() {
                    members.remove(&name);
                    return true;
                }
                if members.get_mut(&name).is_some_and(|member| change(member, left, to)) {
                    return true;
                }
            }
            false
        }
        _ => false,
    }
}

#[test]
fn every_sample_is_taken_whole_in_json_and_in_cbor() {
    for (name, sample) in ALL {
        let routes = routes();
        let decoded = Decoder::new(&routes, &DecodeOptions::default()).decode(sample.as_bytes());
        assert!(decoded.is_ok(), "{name}: {decoded:?}");
        if !sample.starts_with('[') {
            let by_cbor = Decoder::new(&routes, &DecodeOptions::default()).decode(&packed(sample)).unwrap();
            let lines = |records: &[super::Record]| records.iter().map(super::line).collect::<Vec<_>>();
            assert_eq!(lines(&decoded.unwrap().records), lines(&by_cbor.records), "{name}");
        }
    }
}

proptest! {
    #[test]
    fn noise_breaks_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decode(&bytes);
    }

    #[test]
    fn changed_bytes_break_nothing(
        sample in sample(),
        cbor in any::<bool>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut bytes = if cbor { packed(sample) } else { sample.as_bytes().to_vec() };
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        decode(&bytes);
    }

    #[test]
    fn changed_documents_break_nothing(sample in sample(), changes in proptest::collection::vec((0_usize..60, proptest::option::of(odd())), 1..4)) {
        let mut document: Json = serde_json::from_str(sample).unwrap();
        for (mut place, to) in changes {
            change(&mut document, &mut place, &to);
        }
        decode(document.to_string().as_bytes());
    }
}
