//! What a platform is told: results, failed items, the end of the time (surface.md §15.2.4, §15.5–15.7).

use std::time::Duration;

use chrono::NaiveDateTime;
use nightowl::door::event::TimeBudget;
use nightowl_core::engine::{Atomicity, Attempt, TriggerRequest};
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::model::TriggerType;
use nightowl_core::port::Clock as _;
use nightowl_storage::memory::MemoryStore;
use nightowl_tests::stage::{Stage, insert, pipeline, stage, topic, unit};
use serde_json::{Value as Json, json};

use super::house::{envelope, event, house, sqs};

fn failed(report: &nightowl::door::event::EventReport) -> Vec<String> {
    let failures = report.batch_item_failures();
    failures["batchItemFailures"].as_array().unwrap().iter().map(|item| item["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_report_tells_each_delivery() {
    let (shell, token) = house("");
    let batch = sqs("orders", &[("1", "", format!("[{0},{0}]", envelope("raw_change", "a", &token))), ("2", "", "{}".to_owned())]);
    let document = event(&shell, &[], &batch, &TimeBudget::unlimited()).await.document();
    let counts = ["received", "succeeded", "failed", "bad", "ignored", "skipped"].map(|name| document[name].as_u64().unwrap());
    assert_eq!(counts, [3, 2, 0, 1, 0, 0]);
    let first = &document["results"][0];
    assert_eq!((&first["deliveryKey"], &first["status"]), (&json!("1#1"), &json!("done")));
    assert!(first["traceId"].is_string() && first["internalDataId"].is_string(), "{first}");
    let bad = document["results"].as_array().unwrap().iter().find(|result| result["status"] == "bad").unwrap();
    assert_eq!((&bad["deliveryKey"], &bad["code"]), (&json!("2"), &json!("event-code-missing")));
}

#[tokio::test]
async fn at_the_end_of_the_time_nothing_is_begun_and_everything_is_reported() {
    let (shell, token) = house("");
    let batch = sqs("orders", &[("1", "", envelope("raw_change", "a", &token)), ("2", "", envelope("raw_change", "b", &token))]);
    let over = TimeBudget::lasting(NaiveDateTime::default(), Duration::ZERO);
    let report = event(&shell, &[], &batch, &over).await;
    assert_eq!(failed(&report), ["1", "2"]);
    assert_eq!(report.failure().unwrap().0, "limit-deadline");
    assert_eq!(shell.count("raw_change"), 0);
    let report = event(&shell, &[], &batch, &TimeBudget::unlimited()).await;
    assert_eq!((failed(&report).len(), shell.count("raw_change")), (0, 2));
}

#[tokio::test]
async fn what_failed_is_sent_again_where_the_settings_say_so() {
    let (shell, token) = house("");
    let fail = [("event.bad_delivery", "fail")];
    let batch = [
        ("1", "g", envelope("raw_change", "a", &token)),
        ("2", "g", "{}".to_owned()),
        ("3", "h", envelope("raw_change", "b", &token)),
        ("4", "g", envelope("raw_change", "c", &token)),
        ("5", "h", envelope("raw_change", "d", &token)),
    ];
    // of a queue that keeps an order, a group stops at its first failure
    let report = event(&shell, &fail, &sqs("orders.fifo", &batch), &TimeBudget::unlimited()).await;
    assert_eq!(failed(&report), ["2", "4"]);
    assert_eq!(shell.count("raw_change"), 3);
    let report = event(&shell, &fail, &sqs("orders", &batch), &TimeBudget::unlimited()).await;
    assert_eq!(failed(&report), ["2"]);
    assert_eq!(shell.count("raw_change"), 4);
    assert_eq!(shell.run(&["dead", "list", "--all"]).expect(0).stdout, "");
}

#[tokio::test]
async fn a_request_in_an_event_is_answered_by_the_same_router() {
    let (shell, token) = house("");
    let request = |path: &str, token: &str| {
        json!({"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {"authorization": format!("pat {token}")},
            "requestContext": {"http": {"method": "POST"}}, "body": json!({"code": "raw_change", "data": {"op": "x"}}).to_string(), "isBase64Encoded": false})
    };
    let answer = event(&shell, &[], &request("/pipeline/data", &token), &TimeBudget::unlimited()).await.http_answer.unwrap();
    let body: Json = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&answer["statusCode"], &body["status"]), (&json!(200), &json!("DONE")));
    let base = [("http.base_path", "/stage")];
    let answer = event(&shell, &base, &request("/stage/pipeline/data", "wrong"), &TimeBudget::unlimited()).await.http_answer.unwrap();
    assert_eq!(answer["statusCode"], 401);
    let answer = event(&shell, &[], &request("/nowhere", &token), &TimeBudget::unlimited()).await.http_answer.unwrap();
    assert_eq!(answer["statusCode"], 404);
    assert_eq!(shell.count("raw_change"), 1);
}

#[tokio::test]
async fn a_trigger_whose_time_is_over_leaves_nothing() {
    let runs = pipeline("p", "start", &[stage("s", &[unit(&[insert("lines", &[("x", "v")])])])]);
    for mode in [Atomicity::Pipeline, Atomicity::Trigger] {
        let stage = Stage::new(mode, &[topic("start", "raw", &[]), topic("lines", "distinct", &[("x", "text", "")])], std::slice::from_ref(&runs));
        let mut store = MemoryStore::new();
        let request = |deadline| TriggerRequest { deadline, ..stage.request("start", TriggerType::Insert, &json!({})) };
        let over = Some(stage.clock.now_utc());
        let error = stage.engine.trigger(&mut store, &request(over), Attempt::default()).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("limit-deadline", ErrorClass::Retry));
        let in_time = over.map(|now| now + chrono::Duration::seconds(60));
        assert!(stage.engine.trigger(&mut store, &request(in_time), Attempt::default()).await.is_ok());
        assert_eq!(store.count_rows(&stage.topic("start").table), 1, "{mode:?}");
    }
}
