//! `kafka-writer` on a real broker.

use std::time::{Duration, Instant};

use nightowl_tests::brokers;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::{Value as Json, json};

use crate::house::{fire, fire_large, house, id_of, letters};

/// A message of a topic.
#[derive(Debug)]
struct Received {
    key: String,
    body: Json,
    headers: Vec<(String, String)>,
    partition: i32,
}

impl Received {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).unwrap();
        let headers = message.headers().unwrap().iter().map(|header| (header.key.to_owned(), text(header.value))).collect();
        let body = serde_json::from_slice(message.payload().unwrap()).unwrap();
        Self { key: text(message.key()), body, headers, partition: message.partition() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// The first messages of a topic with two partitions, once there are so many.
fn received(broker: &str, topic: &str, count: usize) -> Vec<Received> {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).set("group.id", "tests").create().unwrap();
    let mut partitions = TopicPartitionList::new();
    for partition in 0..2 {
        partitions.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&partitions).unwrap();
    let (began, mut found) = (Instant::now(), Vec::new());
    while found.len() < count {
        assert!(began.elapsed() < Duration::from_secs(30), "{found:?}");
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) {
            found.push(Received::of(&message));
        }
    }
    found
}

#[test]
fn a_row_is_a_message_with_its_id_as_key() {
    let Some(broker) = brokers::kafka() else { return };
    let shell = house(&json!({"type": "kafka-writer", "url": format!("kafka://{broker}/orders")}));
    fire(&shell, &["A-1", "A-2", "A-3"], &[]);
    let mut found = received(broker, "orders", 3);
    found.sort_by_key(|message| message.body["data"]["no"].as_str().unwrap().to_owned());
    for (message, no) in found.iter().zip(["A-1", "A-2", "A-3"]) {
        assert_eq!(message.key, id_of(&shell, no));
        assert_eq!(
            (&message.body["code"], &message.body["triggerType"], &message.body["data"]["amount"]),
            (&json!("order_made"), &json!("insert"), &json!(1.5))
        );
        assert_eq!((message.header("X-Nightowl-Trace-Id"), &message.body["traceId"]), (format!("t-{no}").as_str(), &json!(format!("t-{no}"))));
        assert!(message.header("Idempotency-Key").parse::<i64>().is_ok());
    }
    assert!(found.iter().all(|message| (0..2).contains(&message.partition)));
    assert!(letters(&shell).is_empty());
}

#[test]
fn a_message_that_is_too_large_is_a_dead_letter_at_once() {
    let Some(broker) = brokers::kafka() else { return };
    let shell = house(&json!({"type": "kafka-writer", "url": format!("kafka://{broker}/large")}));
    fire_large(&shell, 1_100_000, &[]);
    let found = letters(&shell);
    assert_eq!((found.len(), &found[0]["attempts"]), (1, &json!(1)), "{found:?}");
    let message = found[0]["error"]["message"].as_str().unwrap();
    assert!(message.contains("topic large of ") && message.to_lowercase().contains("size too large"), "{message}");
}

#[test]
fn brokers_that_are_not_listed_or_not_there_are_told() {
    let shell = house(&json!({"type": "kafka-writer", "url": "kafka://127.0.0.1:1/orders"}));
    shell.write("nightowl.toml", "[external]\nallow = [\"example.org\"]\n");
    let token = std::fs::read_to_string(shell.path("token")).unwrap();
    let path = shell.write("order.json", json!({"code": "order", "data": {"no": "A-1"}}).to_string());
    let told = shell.run(&["trigger", &path, "--pat", &token]).expect(0);
    assert!(told.stderr.contains("broker 127.0.0.1:1 is not listed in external.allow"), "{}", told.stderr);
}
