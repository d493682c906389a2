//! Alibaba MNS: messages to queues and to topics. It has no attributes: what belongs to the message stands in its body.

use async_trait::async_trait;
use chrono::Utc;
use serde_json::Value as Json;

use super::{Message, MessagingDriver};
use crate::cloud::alibaba::{self, VARIABLES};
use crate::cloud::{CloudError, Credentials, Meaning, Pauses, lent};
use crate::outbound::{Answer, Client};

/// The most bytes of a message.
const MESSAGE_BYTES: usize = 64 * 1024;

/// Sends to queues and topics of MNS.
#[derive(Debug)]
pub(crate) struct Mns {
    client: Client,
}

impl Mns {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }

    async fn once(&self, url: &str, resource: &str, body: &str, credentials: &Credentials) -> Result<String, CloudError> {
        let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let answer = self.client.post(url, alibaba::headers(credentials, resource, &date)?, body.to_owned()).await?;
        if answer.status == 201 { Ok(element(&answer.body, "MessageId").to_owned()) } else { Err(refusal(&answer)) }
    }
}

#[async_trait]
impl MessagingDriver for Mns {
    async fn send(&self, queue: &str, message: &Message<'_>, credentials: Option<&Credentials>) -> Result<String, CloudError> {
        let (url, resource) = target(queue)?;
        let body = request(message)?;
        let mut pauses = Pauses::default();
        loop {
            let credentials = credentials.cloned().or_else(lent).map_or_else(|| Credentials::of_environment(&VARIABLES), Ok)?;
            match self.once(&url, &resource, &body, &credentials).await {
                Err(error) if error.passes() => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(error),
                },
                done => return done,
            }
        }
    }
}

/// The URL and the resource of the messages of a queue or topic.
fn target(queue: &str) -> Result<(String, String), CloudError> {
    let wrong =
        || CloudError::new(Meaning::Forbidden, "its url is none of MNS; write https://<account>.mns.<region>.aliyuncs.com/queues/<queue>, or /topics/<topic>");
    let (scheme, rest) = queue.trim_end_matches('/').split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http")).ok_or_else(wrong)?;
    let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
    let path = path.strip_suffix("/messages").unwrap_or(path);
    let name = path.strip_prefix("queues/").or_else(|| path.strip_prefix("topics/")).filter(|name| !name.is_empty() && !name.contains(['/', '?', '#']));
    name.ok_or_else(wrong)?;
    let resource = format!("/{path}/messages");
    Ok((format!("{scheme}://{host}{resource}"), resource))
}

/// The XML of a message. A body that is an object gets the key by which a repetition is recognised, and the trace id.
fn request(message: &Message<'_>) -> Result<String, CloudError> {
    let mut text = message.body.to_owned();
    if let Ok(Json::Object(mut members)) = serde_json::from_str(message.body) {
        for (name, value) in [("traceId", message.trace_id), ("idempotencyKey", Some(message.idempotency_key))] {
            if let Some(value) = value.filter(|_| members.get(name).is_none_or(Json::is_null)) {
                members.insert(name.to_owned(), value.into());
            }
        }
        text = Json::Object(members).to_string();
    }
    if text.len() > MESSAGE_BYTES {
        return Err(CloudError::new(Meaning::Invalid, format!("the message has {} bytes, and MNS takes no more than {MESSAGE_BYTES}", text.len())));
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message xmlns=\"http://mns.aliyuncs.com/doc/v1/\"><MessageBody>{text}</MessageBody></Message>"))
}

/// The text of an element of a short answer.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map_or("", |(text, _)| text)
}

fn refusal(answer: &Answer) -> CloudError {
    let code = element(&answer.body, "Code");
    let meaning = match answer.status {
        404 => Meaning::NotFound,
        401 | 403 => Meaning::Forbidden,
        429 => Meaning::Throttled,
        500.. => Meaning::Unavailable,
        _ if code.contains("Token") || code.contains("Expired") => Meaning::Forbidden,
        _ if code.contains("Exceed") && code.contains("Qps") => Meaning::Throttled,
        _ => Meaning::Invalid,
    };
    CloudError::answered("mns", meaning, answer.status, code, element(&answer.body, "Message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Message<'static> = Message { body: r#"{"data":{"a":"<&>"},"n":1.10}"#, trace_id: Some("t"), idempotency_key: "k", group: "7" };

    #[test]
    fn a_queue_and_a_topic_have_a_resource() {
        let resource = |url: &str| target(url).map(|(url, resource)| format!("{url} {resource}"));
        assert_eq!(
            resource("https://1.mns.cn.aliyuncs.com/queues/orders").unwrap(),
            "https://1.mns.cn.aliyuncs.com/queues/orders/messages /queues/orders/messages"
        );
        assert_eq!(resource("http://h:1/topics/orders/messages").unwrap(), "http://h:1/topics/orders/messages /topics/orders/messages");
        for wrong in ["orders", "https://h", "https://h/orders", "https://h/queues/", "https://h/queues/a?b", "ftp://h/queues/a"] {
            assert_eq!(target(wrong).unwrap_err().meaning, Meaning::Forbidden, "{wrong}");
        }
    }

    #[test]
    fn what_belongs_to_the_message_stands_in_its_body() {
        let xml = request(&MESSAGE).unwrap();
        assert_eq!(element(&xml, "MessageBody"), r#"{"data":{"a":"&lt;&amp;&gt;"},"n":1.10,"traceId":"t","idempotencyKey":"k"}"#);
        let body = "x".repeat(MESSAGE_BYTES + 1);
        assert_eq!(request(&Message { body: &body, ..MESSAGE }).unwrap_err().meaning, Meaning::Invalid);
    }

    #[test]
    fn errors_have_their_meaning() {
        let meaning = |status: u16, code: &str| refusal(&Answer { status, body: format!("<Error><Code>{code}</Code><Message>m</Message></Error>") }).meaning;
        assert_eq!(meaning(404, "QueueNotExist"), Meaning::NotFound);
        assert_eq!(meaning(403, "SignatureDoesNotMatch"), Meaning::Forbidden);
        assert_eq!(meaning(400, "InvalidArgument"), Meaning::Invalid);
        assert_eq!(meaning(503, "x"), Meaning::Unavailable);
    }
}
