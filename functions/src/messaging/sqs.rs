//! AWS SQS.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::{Message, MessagingDriver};
use crate::cloud::aws::{self, Call};
use crate::cloud::{CloudError, Credentials, Meaning, Pauses};
use crate::outbound::Client;

/// The most bytes of a message with its attributes: what a queue may be set to take. Most take a quarter of it, and say so.
const MESSAGE_BYTES: usize = 1024 * 1024;
/// The longest group or duplicate id, in characters.
const ID_CHARACTERS: usize = 128;

/// Sends to queues of SQS.
#[derive(Debug)]
pub(crate) struct Sqs {
    client: Client,
}

impl Sqs {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl MessagingDriver for Sqs {
    async fn send(&self, queue: &str, message: &Message<'_>, credentials: Option<&Credentials>) -> Result<String, CloudError> {
        let region = region_of(queue).or_else(aws::region);
        let region = region.ok_or_else(|| CloudError::new(Meaning::Forbidden, "neither the queue's url nor AWS_REGION says in which region it is"))?;
        let body = request(queue, message)?;
        let call = Call { url: &endpoint(queue)?, region: &region, service: "sqs", target: "AmazonSQS.SendMessage", json: "1.0", body };
        let mut pauses = Pauses::default();
        loop {
            let credentials = credentials.cloned().map_or_else(|| Credentials::of_environment(&aws::VARIABLES), Ok)?;
            match aws::call(&self.client, &credentials, &call).await {
                Err(error) if error.passes() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
                Ok(answer) => return Ok(answer.get("MessageId").and_then(Json::as_str).unwrap_or_default().to_owned()),
            }
        }
    }
}

/// What the operation wants.
fn request(queue: &str, message: &Message<'_>) -> Result<String, CloudError> {
    let mut attributes = json!({});
    for (name, value) in [("X-Nightowl-Trace-Id", message.trace_id), ("Idempotency-Key", Some(message.idempotency_key))] {
        // an attribute may hold no control characters, and may not be empty; the body has the trace id, too
        if let Some(value) = value.filter(|value| !value.is_empty() && !value.contains(char::is_control)) {
            attributes[name] = json!({"DataType": "String", "StringValue": value});
        }
    }
    let size = message.body.len() + attributes.to_string().len();
    if size > MESSAGE_BYTES {
        return Err(CloudError::new(Meaning::Invalid, format!("the message has {size} bytes, and no queue of SQS takes more than {MESSAGE_BYTES}")));
    }
    let mut request = json!({"QueueUrl": queue, "MessageBody": message.body, "MessageAttributes": attributes});
    if queue.ends_with(".fifo") {
        request["MessageGroupId"] = id(message.group).into();
        request["MessageDeduplicationId"] = id(message.idempotency_key).into();
    }
    Ok(request.to_string())
}

/// A text as an id may be written.
fn id(text: &str) -> String {
    let id: String = text.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '-' }).take(ID_CHARACTERS).collect();
    if id.is_empty() { "-".to_owned() } else { id }
}

/// Where the API of a queue's URL is: its host, without the path that names the queue.
fn endpoint(queue: &str) -> Result<String, CloudError> {
    let (scheme, rest) = queue
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
        .ok_or_else(|| CloudError::new(Meaning::Forbidden, "its url is none of a queue; write https://sqs.<region>.amazonaws.com/<account>/<queue>"))?;
    Ok(format!("{scheme}://{}/", rest.split('/').next().unwrap_or_default()))
}

/// The region that a queue's URL names: `sqs.<region>.…`, or `<region>.queue.…` as it was once.
fn region_of(queue: &str) -> Option<String> {
    let host = queue.split_once("://")?.1.split(['/', ':']).next()?;
    let parts: Vec<&str> = host.split('.').collect();
    match parts[..] {
        ["sqs" | "sqs-fips", region, "amazonaws", ..] | [region, "queue", "amazonaws", ..] => Some(region.to_owned()),
        [_, "sqs", region, "vpce", "amazonaws", ..] => Some(region.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'static> = Message { body: "{}", trace_id: Some("t"), idempotency_key: "k 1", group: "7" };

    #[test]
    fn a_url_names_its_host_and_region() {
        let region = |url: &str| region_of(url);
        assert_eq!(region("https://sqs.eu-central-1.amazonaws.com/1/orders").as_deref(), Some("eu-central-1"));
        assert_eq!(region("https://eu-west-1.queue.amazonaws.com/1/orders").as_deref(), Some("eu-west-1"));
        assert_eq!(region("https://vpce-1.sqs.us-east-1.vpce.amazonaws.com/1/orders").as_deref(), Some("us-east-1"));
        assert_eq!(region("http://127.0.0.1:5000/1/orders"), None);
        assert_eq!(endpoint("http://127.0.0.1:5000/1/orders").unwrap(), "http://127.0.0.1:5000/");
        assert!(endpoint("orders").is_err());
    }

    #[test]
    fn a_fifo_queue_gets_a_group_and_a_duplicate_id() {
        let of = |queue: &str| serde_json::from_str::<Json>(&request(queue, &MESSAGE).unwrap()).unwrap();
        let plain = of("https://sqs.eu-central-1.amazonaws.com/1/orders");
        assert_eq!(plain["MessageGroupId"], Json::Null);
        assert_eq!(plain["MessageAttributes"]["X-Nightowl-Trace-Id"]["StringValue"], "t");
        let fifo = of("https://sqs.eu-central-1.amazonaws.com/1/orders.fifo");
        assert_eq!((&fifo["MessageGroupId"], &fifo["MessageDeduplicationId"]), (&json!("7"), &json!("k-1")));
    }

    #[test]
    fn what_is_too_large_is_not_sent() {
        let body = "x".repeat(MESSAGE_BYTES);
        let error = request("https://a.example/q", &Message { body: &body, ..MESSAGE }).unwrap_err();
        assert_eq!(error.meaning, Meaning::Invalid);
    }
}
