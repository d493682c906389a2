//! S3 tells a queue, the queue's messages are the event: what moto really writes is what is taken.

use nightowl_tests::emulators;
use serde_json::{Value as Json, json};

use super::house::{counts, envelope, house, numbers, take};

#[test]
fn what_s3_writes_into_a_queue_is_taken() {
    let Some(emulator) = emulators::aws() else { return };
    let (shell, token) = house("");
    emulator.make_bucket("told");
    let queue = emulator.sqs("CreateQueue", &json!({"QueueName": "orders"}));
    let url = queue["QueueUrl"].as_str().unwrap();
    let arn =
        emulator.sqs("GetQueueAttributes", &json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]}))["Attributes"]["QueueArn"].as_str().unwrap().to_owned();
    let notification = format!(
        "<NotificationConfiguration><QueueConfiguration><Id>all</Id><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
    );
    emulator.s3("PUT", "/told?notification", &notification);
    emulator.s3("PUT", "/told/in/day%201/a%2Bb.json", &envelope("a", &token).to_string());
    emulator.s3("PUT", "/told/b.json", &json!([envelope("b", &token), envelope("c", &token)]).to_string());
    let received = emulator.sqs("ReceiveMessage", &json!({"QueueUrl": url, "MaxNumberOfMessages": 10}));
    let messages = received["Messages"].as_array().unwrap();
    assert!(messages.len() >= 2, "{received}");
    // as Lambda hands them over
    let records: Vec<Json> = messages
        .iter()
        .map(|message| json!({"messageId": message["MessageId"], "body": message["Body"], "attributes": {}, "eventSource": "aws:sqs", "eventSourceARN": arn}))
        .collect();
    let event = json!({"Records": records});
    let report = take(&shell, &emulator.aws_variables(), &event).expect(0);
    let [succeeded, failed, bad, _, skipped] = counts(&report);
    assert_eq!([succeeded, failed, bad, skipped], [3, 0, 0, 0], "{}", report.stdout);
    assert_eq!(numbers(&shell, "raw_order"), ["a", "b", "c"]);
    let again = counts(&take(&shell, &emulator.aws_variables(), &event).expect(0));
    assert_eq!([again[0], again[4]], [0, 3]);
}
