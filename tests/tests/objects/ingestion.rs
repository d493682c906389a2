//! Objects that events name become triggers (surface.md §15.1, §15.3, §15.7).

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use nightowl::door::event::TimeBudget;
use nightowl::{Nightowl, Sources};
use nightowl_core::port::Clock as _;
use nightowl_tests::emulators;
use serde_json::{Value as Json, json};

use super::house::{counts, envelope, house, letters, local, numbers, put, s3_event, take};

fn packed(content: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_form_of_content_is_taken() {
    let (shell, token) = house("");
    let one = |no: &str| envelope(no, &token);
    put(&shell, "landing", "one.json", serde_json::to_string_pretty(&one("a")).unwrap());
    put(&shell, "landing", "marked.json", format!("\u{feff}{}", one("b")));
    put(&shell, "landing", "array.json", json!([one("c"), one("d")]).to_string());
    put(&shell, "landing", "in/day 1/lines+1.ndjson", format!("{}\n\n{}\n", one("e"), one("f")));
    put(&shell, "landing", "lines.json.gz", packed(&format!("{}\n{}", one("g"), one("h"))));
    put(&shell, "landing", "only.jsonl", one("i").to_string());
    let objects =
        [("one.json", "1"), ("marked.json", "1"), ("array.json", "1"), ("in/day+1/lines%2B1.ndjson", "1"), ("lines.json.gz", "1"), ("only.jsonl", "1")];
    let event = s3_event("landing", &objects);
    let report = take(&shell, &local(), &event).expect(0);
    assert_eq!(counts(&report), [9, 0, 0, 0, 0]);
    assert_eq!(numbers(&shell, "raw_order"), ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    let keys: Vec<String> = report.summary()["results"].as_array().unwrap().iter().map(|result| result["deliveryKey"].as_str().unwrap().to_owned()).collect();
    let expected = [
        "landing/one.json@1",
        "landing/marked.json@1",
        "landing/array.json@1#1",
        "landing/array.json@1#2",
        "landing/in/day 1/lines+1.ndjson@1#1",
        "landing/in/day 1/lines+1.ndjson@1#3",
        "landing/lines.json.gz@1#1",
        "landing/lines.json.gz@1#2",
        "landing/only.jsonl@1#1",
    ];
    assert_eq!(keys, expected);
    // the same event once more, and the object in another state
    assert_eq!(counts(&take(&shell, &local(), &event).expect(0)), [0, 0, 0, 0, 9]);
    assert_eq!(counts(&take(&shell, &local(), &s3_event("landing", &[("one.json", "2")])).expect(0)), [1, 0, 0, 0, 0]);
}

#[test]
fn a_key_that_was_not_encoded_is_found_as_it_stands() {
    let (shell, token) = house("");
    put(&shell, "landing", "a+b%20.json", envelope("a", &token).to_string());
    assert_eq!(counts(&take(&shell, &local(), &s3_event("landing", &[("a+b%20.json", "1")])).expect(0)), [1, 0, 0, 0, 0]);
}

#[test]
fn values_are_rows_of_the_routes_topic() {
    let routes = r#"
[[event.route]]
match = { bucket = "landing", suffix = ".csv" }
code = "line"
patFile = "token"

[[event.route]]
match = { bucket = "landing", suffix = ".txt" }
code = "line"
patFile = "token"
decode = "csv"
csv = { header = false, separator = ";", columns = ["no", "name"] }

[[event.route]]
match = { bucket = "landing", suffix = ".json" }
mode = "payload"
code = "line"
triggerType = "insert"
patFile = "token"
"#;
    let (shell, _) = house(routes);
    put(&shell, "landing", "a.csv", "no,name\n1,\"a, b\"\n2,\n3\n");
    put(&shell, "landing", "b.txt", "4;d\n");
    put(&shell, "landing", "c.json", r#"[{"no": "5"}, {"no": "6", "name": "f"}]"#);
    let report = take(&shell, &local(), &s3_event("landing", &[("a.csv", "1"), ("b.txt", "1"), ("c.json", "1")])).expect(0);
    assert_eq!(counts(&report), [5, 0, 1, 0, 0]);
    assert_eq!(numbers(&shell, "line"), ["1", "2", "4", "5", "6"]);
    assert!(shell.rows("line").contains(&json!({"no": "2", "name": null})));
    let letters = letters(&shell);
    assert_eq!((letters.len(), &letters[0]["deliveryKey"], &letters[0]["error"]["code"]), (1, &json!("landing/a.csv@1#4"), &json!("trigger-csv-wrong")));
    assert_eq!(report.summary()["results"][3]["deliveryKey"], "landing/b.txt@1#1");
}

#[test]
fn metadata_of_an_object_completes_its_envelopes() {
    let (shell, token) = house("");
    put(&shell, "landing", "a.json", r#"{"data": {"no": "a"}}"#);
    let beside = json!({"contentType": "application/json", "metadata": {"code": "raw_order", "trace-id": "77", "pat": token}});
    put(&shell, "landing", "a.json.meta.json", beside.to_string());
    let report = take(&shell, &local(), &s3_event("landing", &[("a.json", "1")])).expect(0);
    assert_eq!(counts(&report), [1, 0, 0, 0, 0]);
    assert_eq!(report.summary()["results"][0]["traceId"], "77");
}

#[test]
fn what_is_rejected_is_kept_once_and_can_be_redriven() {
    let (shell, token) = house("");
    put(&shell, "landing", "mixed.ndjson", format!("{}\n{{\"pat\": \"{token}\", broken\n{}\n", envelope("a", &token), json!({"data": {}, "pat": token})));
    put(&shell, "landing", "nested.json", s3_event("landing", &[("mixed.ndjson", "9")]).to_string());
    put(&shell, "landing", "blank.json", " \n");
    let event = s3_event("landing", &[("gone.json", "1"), ("mixed.ndjson", "1"), ("nested.json", "1"), ("blank.json", "1")]);
    assert_eq!(counts(&take(&shell, &local(), &event).expect(0)), [1, 0, 4, 1, 0]);
    assert_eq!(counts(&take(&shell, &local(), &event).expect(0)), [0, 0, 4, 1, 1]);
    let mut found: Vec<(String, String)> = letters(&shell).iter().map(|letter| (text(&letter["error"]["code"]), text(&letter["id"]))).collect();
    found.sort();
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["event-code-missing", "event-object-nested", "object-not-found", "trigger-not-json"]);
    // the line is kept, without its token
    let shown: Json = serde_json::from_str(&shell.run(&["dead", "show", &found[3].1]).expect(0).stdout).unwrap();
    assert_eq!(shown["content"], "{\"pat\": \"***\", broken");
    // an object that is there at last
    put(&shell, "landing", "gone.json", envelope("late", &token).to_string());
    let variables = [("OBJECT_STORAGE_DRIVER", "local")];
    let _redriven = shell.run_with(&["dead", "redrive", &found[2].1], &variables, b"").expect(0);
    assert_eq!(numbers(&shell, "raw_order"), ["a", "late"]);
    assert_eq!(counts(&take(&shell, &local(), &s3_event("landing", &[("gone.json", "1")])).expect(0)), [0, 0, 0, 0, 1]);
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn an_object_has_a_largest_size_packed_and_unpacked() {
    let (shell, token) = house("");
    let long = json!({"code": "raw_order", "data": {"no": "x", "more": "x".repeat(5000)}, "pat": token}).to_string();
    put(&shell, "landing", "long.json", &long);
    put(&shell, "landing", "bomb.json.gz", packed(&long));
    put(&shell, "landing", "fits.json", envelope("a", &token).to_string());
    let mut variables = local();
    variables.push(("EVENT_MAX_OBJECT_BYTES".to_owned(), "2048".to_owned()));
    let event = s3_event("landing", &[("long.json", "1"), ("bomb.json.gz", "1"), ("fits.json", "1")]);
    assert_eq!(counts(&take(&shell, &variables, &event).expect(0)), [1, 0, 2, 0, 0]);
    assert!(letters(&shell).iter().all(|letter| letter["error"]["code"] == "limit-object"));
    // the bound is raised, and they are redriven
    for letter in letters(&shell) {
        let _redriven = shell.run_with(&["dead", "redrive", &text(&letter["id"])], &[("OBJECT_STORAGE_DRIVER", "local")], b"").expect(0);
    }
    assert_eq!(shell.count("raw_order"), 3);
}

const AFTER: &str = r#"
[[event.route]]
match = { bucket = "moved", prefix = "in/" }
after = "move:done"
result = "memory://unused"

[[event.route]]
match = { bucket = "deleted" }
after = "delete"
"#;

#[test]
fn an_object_is_done_with_as_its_route_says() {
    let results = tempfile::tempdir().unwrap();
    let routes = AFTER.replace("memory://unused", &format!("file:{}", results.path().display()));
    let (shell, token) = house(&format!("[storage]\nallow_paths = [\"{}\"]\n{routes}", results.path().display()));
    for bucket in ["moved", "deleted"] {
        put(&shell, bucket, "in/a.json", envelope("a", &token).to_string());
        put(&shell, bucket, "in/bad.json", "[{}]");
    }
    for bucket in ["moved", "deleted"] {
        let event = s3_event(bucket, &[("in/a.json", "1"), ("in/bad.json", "1")]);
        assert_eq!(counts(&take(&shell, &local(), &event).expect(0)), [1, 0, 1, 0, 0], "{bucket}");
        // it comes again: what was taken away was done
        assert_eq!(counts(&take(&shell, &local(), &event).expect(0)), [0, 0, 1, 0, 1], "{bucket}");
    }
    let there = |path: &str| shell.path("data/objects").join(path).exists();
    assert!(!there("moved/in/a.json") && there("moved/done/in/a.json") && !there("deleted/in/a.json"));
    assert!(there("moved/in/bad.json") && there("deleted/in/bad.json"), "what was rejected stays");
    let document = std::fs::read_to_string(results.path().join("in/a.json.result.json")).unwrap();
    let document: Json = serde_json::from_str(&document).unwrap();
    assert_eq!((&document["received"], &document["succeeded"], &document["results"][0]["status"]), (&json!(1), &json!(1), &json!("done")));
    assert!(document["results"][0]["traceId"].is_string() && document["results"][0]["internalDataId"].is_string());
}

#[test]
fn a_store_that_is_away_keeps_the_event() {
    let (shell, _) = house("");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let variables = [("AWS_ENDPOINT_URL", format!("http://{free}")), ("AWS_ACCESS_KEY_ID", "a".to_owned()), ("AWS_SECRET_ACCESS_KEY", "b".to_owned())];
    let variables: Vec<(String, String)> = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let report = take(&shell, &variables, &s3_event("landing", &[("a.json", "1"), ("b.json", "1")])).expect(1);
    assert_eq!(counts(&report), [0, 2, 0, 0, 0]);
    let results = report.summary()["results"].clone();
    assert_eq!((&results[0]["code"], &results[1]["code"]), (&json!("object-unavailable"), &json!("event-behind-a-failure")));
    assert!(letters(&shell).is_empty());
}

#[tokio::test]
async fn what_the_time_does_not_suffice_for_is_done_by_the_next_delivery() {
    const ENVELOPES: u64 = 20_000;
    let (shell, token) = house("");
    put(&shell, "landing", "all.ndjson", (0..ENVELOPES).map(|number| format!("{}\n", envelope(&number.to_string(), &token))).collect::<String>());
    let event = s3_event("landing", &[("all.ndjson", "1")]).to_string();
    let sources = Sources::default()
        .option("storage.data_dir", shell.path("data").to_str().unwrap())
        .option("storage.url", &format!("sqlite://{}", shell.database().display()))
        .option("driver.object_storage", "local");
    let nightowl = Nightowl::open(&sources).await.unwrap();
    let short = TimeBudget::lasting(nightowl.node().clock.now_utc(), Duration::from_millis(500));
    let first = nightowl.event(event.as_bytes(), &short).await;
    let done = first.counts.succeeded;
    assert!(first.is_failed() && (1..ENVELOPES).contains(&done), "{:?}", first.counts);
    assert_eq!(first.failure().unwrap().0, "limit-deadline");
    let second = nightowl.event(event.as_bytes(), &TimeBudget::unlimited()).await;
    nightowl.close().await.unwrap();
    assert!(!second.is_failed());
    assert_eq!((second.counts.succeeded, second.counts.skipped), (ENVELOPES - done, done), "what was committed stays");
}

#[test]
fn objects_are_read_from_s3() {
    let Some(emulator) = emulators::aws() else { return };
    let (shell, token) = house("");
    emulator.make_bucket("landing");
    emulator.s3("PUT", "/landing/in/day%201/order%2B1.json", &envelope("a", &token).to_string());
    emulator.s3("PUT", "/landing/b.ndjson", &format!("{}\n{}\n", envelope("b", &token), envelope("c", &token)));
    let event = s3_event("landing", &[("in/day+1/order%2B1.json", "1"), ("b.ndjson", "1"), ("c.json", "1")]);
    let report = take(&shell, &emulator.aws_variables(), &event).expect(0);
    assert_eq!(counts(&report), [3, 0, 1, 0, 0], "{}", report.stdout);
    assert_eq!(numbers(&shell, "raw_order"), ["a", "b", "c"]);
    assert_eq!(letters(&shell)[0]["error"]["code"], "object-not-found");
}

#[test]
fn blobs_are_read_from_azure() {
    let Some(emulator) = emulators::azure() else { return };
    let (shell, token) = house("");
    emulator.make_container("landing");
    let connection = vec![("AZURE_STORAGE_CONNECTION_STRING".to_owned(), emulator.azure_connection())];
    emulator.put_blob("landing", "in/order 1.json", &envelope("a", &token).to_string());
    let url = format!("{}/{}/landing/in/order%201.json", emulator.url(), emulators::AZURE_ACCOUNT);
    let event = json!([{"id": "9a", "topic": "/subscriptions/s", "subject": "/blobServices/default/containers/landing/blobs/in/order 1.json",
        "eventType": "Microsoft.Storage.BlobCreated", "eventTime": "2026-02-01T08:07:41Z", "dataVersion": "", "metadataVersion": "1",
        "data": {"api": "PutBlob", "eTag": "0x8D", "contentLength": 8, "blobType": "BlockBlob", "url": url}}]);
    assert_eq!(counts(&take(&shell, &connection, &event).expect(0)), [1, 0, 0, 0, 0]);
    assert_eq!(numbers(&shell, "raw_order"), ["a"]);
}
