//! Events that tell of objects (surface.md §15.2.1–15.2.3).

use serde_json::{Value as Json, json};

use super::samples::*;
use super::{sqs_of, told};

const KEY: &str = "landing/in/day 1/order+1.json@v7@005C9DD24D544E2553";

#[test]
fn an_s3_object_has_a_decoded_key_and_a_version() {
    let object = "object landing in/day 1/order+1.json or in/day+1/order%2B1.json version v7 region eu-central-1";
    assert_eq!(told(&json!([]), S3), [format!("s3 [{KEY}] {object}")]);
    // through SNS in SQS, and as MinIO names itself; the item is that of the queue
    let in_sns = json!({"Type": "Notification", "MessageId": "n", "TopicArn": "t", "Message": S3}).to_string();
    assert_eq!(told(&json!([]), sqs_of(&in_sns)), [format!("s3 [{KEY}] item m1 {object}")]);
    assert_eq!(told(&json!([]), sqs_of(S3)), [format!("s3 [{KEY}] item m1 {object}")]);
    let minio = S3.replace("aws:s3", "minio:s3").replace("ObjectCreated:Put", "s3:ObjectCreated:Put");
    assert_eq!(told(&json!([]), minio), [format!("s3 [{KEY}] {object}")]);
}

#[test]
fn an_s3_object_comes_through_event_bridge() {
    let expected =
        "s3 [landing/in/day 1/order+1.json@v7@617f08299329d189] object landing in/day 1/order+1.json or in/day 1/order 1.json version v7 region eu-central-1";
    assert_eq!(told(&json!([]), S3_EVENT_BRIDGE), [expected]);
    assert_eq!(told(&json!([]), S3_EVENT_BRIDGE.replace("Object Created", "Object Deleted")), ["s3 [-] ignored"]);
}

/// The S3 sample with other members of its record.
fn s3_with(change: impl Fn(&mut Json)) -> String {
    let mut event: Json = serde_json::from_str(S3).unwrap();
    change(&mut event["Records"][0]);
    event.to_string()
}

#[test]
fn what_is_no_new_object_is_ignored() {
    for name in ["ObjectRemoved:Delete", "ObjectRestore:Post", "ReducedRedundancyLostObject", "LifecycleTransition", "ObjectAcl:Put", "Replication:X", "new"] {
        assert_eq!(told(&json!([]), s3_with(|record| record["eventName"] = json!(name))), ["s3 [-] ignored"], "{name}");
    }
    assert_eq!(told(&json!([]), s3_with(|record| record["s3"]["object"]["size"] = json!(0))), ["s3 [-] ignored"]);
    assert_eq!(told(&json!([]), s3_with(|record| record["s3"]["object"]["key"] = json!("in/"))), ["s3 [-] ignored"]);
    assert_eq!(told(&json!([]), S3_TEST), ["s3 [-] ignored"]);
    assert_eq!(told(&json!([]), sqs_of(S3_TEST)), ["s3 [-] item m1 ignored"]);
}

#[test]
fn a_broken_record_hinders_no_other() {
    let mut event: Json = serde_json::from_str(S3).unwrap();
    let good = event["Records"][0].clone();
    let mut broken = good.clone();
    broken["s3"]["bucket"] = json!({});
    let mut future = good.clone();
    future["eventVersion"] = json!("3.0");
    event["Records"] = json!([good, broken, 5, future, good]);
    let lines = told(&json!([]), event.to_string());
    assert!(lines[0].contains("object") && lines[4].contains("object"), "{lines:?}");
    assert!(lines[1].contains("at Records[1].s3.bucket.name: it is missing"), "{lines:?}");
    assert!(lines[2].contains("at Records[2]: it is number"), "{lines:?}");
    assert!(lines[3].contains("at Records[3].eventVersion: only versions 2.x"), "{lines:?}");
}

#[test]
fn the_events_of_one_object_are_in_the_order_of_their_sequencers() {
    let record = |key: &str, sequencer: &str| json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": key, "size": 1, "sequencer": sequencer}}});
    let event = json!({"Records": [record("a", "0A2"), record("b", "01"), record("a", "0A"), record("a", "0A10"), record("b", "00FF")]});
    let keys: Vec<String> = told(&json!([]), event.to_string()).iter().map(|line| line.split(['[', ']']).nth(1).unwrap().to_owned()).collect();
    assert_eq!(keys, ["b/a@0A", "b/b@00FF", "b/a@0A10", "b/a@0A2", "b/b@01"]);
}

#[test]
fn an_oss_object_comes_plain_and_as_a_cloud_event() {
    let plain = "oss [landing/in/order 1.json@032447899E6C18DD3E30388764C0FF21@5C9E2E4B61E5D16D23E9CEC6] object landing in/order 1.json region ap-south-1";
    assert_eq!(told(&json!([]), OSS), [plain]);
    let wrapped = "oss [landing/in/order 1.json@0324] object landing in/order 1.json region ap-south-1";
    assert_eq!(told(&json!([]), OSS_CLOUD_EVENT), [wrapped]);
    assert_eq!(told(&json!([]), format!("[{OSS_CLOUD_EVENT},{OSS_CLOUD_EVENT}]")), [wrapped, wrapped]);
    for name in ["ObjectCreated:UploadPart", "ObjectCreated:InitiateMultipartUpload", "oss:ObjectRemoved:DeleteObject"] {
        assert_eq!(told(&json!([]), OSS.replace("ObjectCreated:PostObject", name)), ["oss [-] ignored"], "{name}");
    }
    let encoded = OSS.replace("in/order 1.json", "in/order%201.json");
    assert!(told(&json!([]), encoded)[0].ends_with("object landing in/order%201.json or in/order 1.json region ap-south-1"));
}

#[test]
fn a_blob_comes_with_its_event() {
    assert_eq!(told(&json!([]), AZURE_BLOB), [r#"azure-blob [samples-watchmen/in/order 1.json@0x8D] content {"code":"raw_order"}"#]);
    // a JSON blob that the host parsed, with the code from the blob's own metadata
    let parsed = AZURE_BLOB.replace(r#""eyJjb2RlIjoicmF3X29yZGVyIn0=""#, r#"{"data": {"a": 1}}"#);
    assert_eq!(told(&json!([]), parsed), [r#"azure-blob [samples-watchmen/in/order 1.json@0x8D] insert raw_order {"a":1}"#]);
    // gone by the time that it is told of: its content, here its SHA-256, stands for its state
    let gone = told(&json!([]), AZURE_BLOB.replace(r#""Properties": {"#, r#""Unused": {"#));
    assert!(gone[0].contains("@5deeda746f68263e092ac1050e5a1b7fa3d704761838582bb2890e79b82d4aef] content"), "{gone:?}");
}

#[test]
fn event_grid_comes_in_both_schemas_and_shakes_hands() {
    let object = "object landing in/order 1.json account acct";
    assert_eq!(told(&json!([]), EVENT_GRID), [format!("event-grid [landing/in/order 1.json@0x8D@0000000000000001] {object}")]);
    assert_eq!(told(&json!([]), EVENT_GRID_CLOUD_EVENT), [format!("event-grid [landing/in/order 1.json@0x8D] {object}")]);
    assert_eq!(told(&json!([]), EVENT_GRID_VALIDATION), ["event-grid [-] handshake 512d38b6"]);
    for (from, to) in [("PutBlob", "CreateFile"), ("PutBlob", "SftpWrite"), ("Storage.BlobCreated", "Storage.BlobDeleted")] {
        assert_eq!(told(&json!([]), EVENT_GRID.replace(from, to)), ["event-grid [-] ignored"], "{to}");
    }
    // as the value of a binding, and in the message of a queue
    let event: Json = serde_json::from_str::<Json>(EVENT_GRID).unwrap()[0].clone();
    let bound = json!({"Data": {"event": event}, "Metadata": {"sys": {"MethodName": "f"}}});
    assert!(told(&json!([]), bound.to_string())[0].ends_with(object));
    let queued = json!({"Data": {"m": json!(event.to_string()).to_string()}, "Metadata": {"Id": "\"1\"", "DequeueCount": "1"}});
    assert!(told(&json!([]), queued.to_string())[0].ends_with(object), "{:?}", told(&json!([]), queued.to_string()));
}
