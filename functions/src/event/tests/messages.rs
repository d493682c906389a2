//! Events that carry messages, and ticks (surface.md §15.2.3–15.2.7, §15.2.10).

use serde_json::json;

use super::samples::*;
use super::{DecodeOptions, sqs_of, to, told, told_with};

#[test]
fn sqs_brings_envelopes_with_attributes() {
    assert_eq!(
        told(&json!([]), SQS),
        [r#"sqs [23d47066-cd46-47a8-819d-f97bc9c2abce] item 23d47066-cd46-47a8-819d-f97bc9c2abce insert raw_order {"orderNo":"A-1"} with pat"#]
    );
    // of a queue that keeps an order the group counts
    let fifo = SQS.replace(":orders\"", ":orders.fifo\"");
    assert!(told(&json!([]), fifo)[0].contains("9c2abce/g1 insert"));
    let several = sqs_of(r#"[{"code":"a","data":{"n":1}},{"code":"b","data":{"n":2},"triggerType":"merge"}]"#);
    assert_eq!(told(&json!([]), several), [r#"sqs [m1#1] item m1 insert a {"n":1}"#, r#"sqs [m1#2] item m1 merge b {"n":2}"#]);
    assert_eq!(
        told(&json!([]), sqs_of(r#"{"code":"a","data":{"n":1.10,"big":1506416585881590900}}"#)),
        [r#"sqs [m1] item m1 insert a {"n":1.10,"big":1506416585881590900}"#]
    );
}

#[test]
fn sns_is_unwrapped_wherever_it_comes_from() {
    assert_eq!(told(&json!([]), SNS), ["sns [95df01b4] insert raw_order {} tenant 1"]);
    assert_eq!(told(&json!([]), sqs_of(SNS_NOTIFICATION)), ["sqs [m1] item m1 insert raw_order {} tenant 1"]);
    assert_eq!(told(&json!([]), SNS_NOTIFICATION), ["sns [95df] insert raw_order {} tenant 1"]);
    let typed = SNS.replace(r#"{"Type": "String", "Value": "1"}"#, r#"{"Type": "Binary", "Value": "1"}"#);
    assert_eq!(told(&json!([]), typed), ["sns [95df01b4] insert raw_order {}"]);
}

#[test]
fn events_are_wrapped_three_times_and_no_more() {
    let wrapped = |inner: &str| json!({"Type": "Notification", "MessageId": "n", "TopicArn": "t", "Message": inner}).to_string();
    assert!(told(&json!([]), sqs_of(&wrapped(S3)))[0].contains("object landing"));
    assert!(
        told(&json!([]), sqs_of(&wrapped(&wrapped(S3))))[0]
            .contains("bad failed to read the event: the number of events around one another is over the limit of 3")
    );
}

#[test]
fn what_is_no_envelope_is_bad_and_says_why() {
    let line = |body: &str| told(&json!([]), sqs_of(body))[0].clone();
    assert!(line("Sample content.").contains("bad failed to read the event at the message: line 1"));
    assert!(line(r#"{"data":{}}"#).contains("bad failed to find the topic of a delivery from source \"sqs\", queue \"arn:aws:sqs:eu-central-1:1:orders\""));
    assert!(line(r#"{"code":"a"}"#).contains("the delivery has no data"));
    assert!(line(r#"{"code":"a","data":[1]}"#).contains("Input should be a valid dictionary"));
    assert!(line("5").contains("it is number, where an object is expected"));
    assert!(line(r#"{"code":"a","data":{},"triggerType":"insert","type":"merge"}"#).contains("triggerType and type differ"));
}

#[test]
fn a_route_completes_what_a_message_does_not_say() {
    let routes = json!([
        {"match": {"source": "sqs", "queue": "orders"}, "mode": "payload", "code": "raw_order", "tenantId": "7", "triggerType": "insert-or-merge"},
        {"match": {"source": "sqs"}, "code": "other"}
    ]);
    assert_eq!(told(&routes, sqs_of(r#"{"code":"x","data":{}}"#)), [r#"sqs [m1] item m1 insert-or-merge raw_order {"code":"x","data":{}} tenant 7"#]);
    let elsewhere = sqs_of(r#"{"data":{"a":1}}"#).replace(":orders", ":returns");
    assert_eq!(told(&routes, elsewhere), [r#"sqs [m1] item m1 insert other {"a":1}"#]);
    // what the document says goes before the route; `decode` goes before what it looks like
    let kept = json!([{"match": {"source": "sqs"}, "mode": "payload", "code": "raw", "decode": "json"}]);
    assert!(told(&kept, sqs_of(S3_TEST))[0].contains("insert raw {\"Service\""));
}

#[test]
fn mns_comes_in_all_its_forms() {
    assert_eq!(told(&json!([]), MNS_JSON), ["mns [0BC2] insert raw_order {} tenant 1"]);
    assert_eq!(told(&json!([]), MNS_STREAM), ["mns [-] insert raw_order {} tenant 1"]);
    assert_eq!(told(&json!([]), MNS_QUEUE), ["mns [C6DB] insert raw_order {}"]);
    let routes = json!([{"match": {"source": "mns", "queue": "orders"}, "mode": "payload", "code": "by_queue"}]);
    assert_eq!(told(&routes, MNS_QUEUE), [r#"mns [C6DB] insert by_queue {"code":"raw_order","data":{}}"#]);
    // a plain text is one where the surroundings say so
    let encoded = "eyJjb2RlIjoicmF3X29yZGVyIiwiZGF0YSI6e319";
    let on_alibaba = DecodeOptions { text_is_mns: true, ..DecodeOptions::default() };
    assert_eq!(told_with(&json!([]), &on_alibaba, encoded), ["mns [-] insert raw_order {}"]);
    assert!(told(&json!([]), encoded)[0].starts_with("error failed to read the event at the event: line 1"));
}

#[test]
fn azure_queues_bring_text_in_layers() {
    assert_eq!(told(&json!([]), AZURE_QUEUE), ["azure-queue [800ae4b3] insert raw_order {}"]);
    let of = |value: serde_json::Value| json!({"Data": {"m": value}, "Metadata": {"Id": "800", "DequeueCount": 1}}).to_string();
    let envelope = r#"{"code":"a","data":{}}"#;
    for value in [json!({"code": "a", "data": {}}), json!(envelope), json!(json!(envelope).to_string()), json!("eyJjb2RlIjoiYSIsImRhdGEiOnt9fQ==")] {
        assert_eq!(told(&json!([]), of(value.clone())), ["azure-queue [800] insert a {}"], "{value}");
    }
    let many = of(json!(format!("[{envelope},{envelope}]")));
    assert_eq!(told(&json!([]), many), ["azure-queue [800#1] insert a {}", "azure-queue [800#2] insert a {}"]);
    let named = json!({"Data": {"other": 1, "m": envelope}, "Metadata": {"Id": "800"}}).to_string();
    let options = DecodeOptions { azure_binding: Some("m".to_owned()), ..DecodeOptions::default() };
    assert_eq!(told_with(&json!([]), &options, named), ["azure-queue [800] insert a {}"]);
}

#[test]
fn schedules_are_data_for_a_route_or_bring_an_envelope() {
    let data = r#"{"trigger":"every-5-min","scheduledAt":"2026-03-29T05:56:24Z","payload":null}"#;
    assert_eq!(told(&to("raw_tick"), SCHEDULE), [format!("eventbridge [f4cb2b21] insert raw_tick {data}")]);
    assert_eq!(told(&to("raw_tick"), SCHEDULER), [format!("eventbridge [aa01] insert raw_tick {data}")]);
    assert!(told(&json!([]), SCHEDULE)[0].contains("bad failed to find the topic of a delivery from source \"eventbridge\", name \"every-5-min\""));
    assert_eq!(told(&json!([]), TIMER), ["timer [every-5-min@2026-03-29T06:41:57Z] insert raw_tick {}"]);
    let text = r#"{"triggerTime": "t", "triggerName": "n", "payload": "some-custom-payload"}"#;
    // an envelope is one, whatever the route makes of other payloads
    let other = json!([{"match": {"source": "timer"}, "mode": "payload", "code": "raw_other"}]);
    assert_eq!(told(&other, TIMER), ["timer [every-5-min@2026-03-29T06:41:57Z] insert raw_tick {}"]);
    let named = json!([{"match": {"source": "timer", "name": "n"}, "mode": "payload", "code": "raw_tick"}]);
    assert_eq!(told(&named, text), [r#"timer [n@t] insert raw_tick {"trigger":"n","scheduledAt":"t","payload":"some-custom-payload"}"#]);
    assert_eq!(told(&json!([]), r#"{"triggerTime": "t", "triggerName": "n", "payload": "{\"watchmen\": \"heartbeat\"}"}"#), ["timer [n@t] heartbeat"]);
    assert_eq!(
        told(&to("raw_tick"), AZURE_TIMER),
        [r#"timer [EveryFive@2026-02-01T08:05:00Z] insert raw_tick {"trigger":"EveryFive","scheduledAt":"2026-02-01T08:05:00Z","payload":null}"#]
    );
}

#[test]
fn cloud_events_bring_json_text_and_bytes() {
    assert_eq!(told(&json!([]), CLOUD_EVENT), [r#"cloudevents [/shop@A-1] insert raw_order {"orderNo":"A-1"} tenant 1"#]);
    let with = |member: &str| format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t",{member}}}"#);
    assert_eq!(told(&json!([]), with(r#""data_base64":"eyJjb2RlIjoiYSIsImRhdGEiOnt9fQ==""#)), ["cloudevents [/s@1] insert a {}"]);
    assert_eq!(told(&json!([]), with(r#""datacontenttype":"text/plain","data":"{\"code\":\"a\",\"data\":{}}""#)), ["cloudevents [/s@1] insert a {}"]);
    let typed = with(r#""triggertype":"merge","data":{"code":"a","data":{}}"#);
    assert_eq!(told(&json!([]), typed), ["cloudevents [/s@1] merge a {}"]);
    assert!(told(&json!([]), with(r#""data":{},"data_base64":"e30=""#))[0].contains("it excludes data"));
    assert!(told(&json!([]), r#"{"specversion":"1.0","id":"","source":"/s","type":"t"}"#)[0].contains("at id: it is text"));
    assert_eq!(told(&json!([]), with(r#""data":null"#)).len(), 1);
}

#[test]
fn an_envelope_is_itself_and_nonsense_is_nothing() {
    assert_eq!(told(&json!([]), DIRECT), [r#"direct [-] insert raw_order {"orderNo":"A-1"}"#]);
    assert!(told(&json!([]), "{}")[0].contains("failed to recognise the event"));
    assert!(told(&json!([]), "nonsense")[0].contains("failed to read the event at the event: line 1, column 2"));
    assert!(told(&json!([]), [0xff, 0xfe])[0].contains("is not UTF-8"));
    let forced = DecodeOptions { source: super::super::EventSource::parse("tablestore"), ..DecodeOptions::default() };
    assert!(told_with(&json!([]), &forced, DIRECT)[0].contains("at Version: it is missing"));
}
