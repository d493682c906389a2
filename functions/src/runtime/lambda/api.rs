//! The runtime interface of AWS Lambda (surface.md §16.1): one request on a connection of its own, on the same machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::HOST;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use nightowl_config::Sources;
use serde_json::json;
use tokio::net::TcpStream;

use super::API;
use crate::event::limits::EVENT_BYTES;
use crate::runtime::{Answered, Failure, Invocation, Platform, RuntimeError};

/// The versions of the two interfaces.
const RUNTIME: &str = "2018-06-01/runtime";
const EXTENSION: &str = "2020-01-01/extension";
/// The name under which the process registers itself; it has no file in `/opt/extensions`, so it is an internal one.
const EXTENSION_NAME: &str = "nightowl";
/// The longest invocation.
const LONGEST: Duration = Duration::from_secs(900);
/// How long the interface may take for everything but an event.
const PATIENCE: Duration = Duration::from_secs(10);

/// The runtime interface of an instance.
#[derive(Debug, Clone)]
pub struct RuntimeApi {
    /// Host and port.
    authority: String,
    /// What stands before the path of the interface; nothing on the platform itself.
    prefix: String,
}

/// An invocation that the platform hands over.
#[derive(Debug)]
pub struct Next {
    /// What is said of it.
    pub invocation: Invocation,
    /// Its event, as it came.
    pub event: Bytes,
}

/// What the interface answered.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl RuntimeApi {
    /// The interface of an environment.
    ///
    /// # Errors
    /// The variable is missing.
    pub fn of(sources: &Sources) -> Result<Self, RuntimeError> {
        let address = sources.environment.get(API).map(|address| address.trim().trim_end_matches('/')).filter(|address| !address.is_empty());
        let address = address.ok_or_else(|| RuntimeError::Variable { platform: Platform::Lambda, name: API, reason: "it is not set".to_owned() })?;
        // emulators write it as a URL
        let address = address.strip_prefix("http://").unwrap_or(address);
        let (authority, prefix) = address.split_once('/').unwrap_or((address, ""));
        Ok(Self { authority: authority.to_owned(), prefix: prefix.to_owned() })
    }

    /// Waits for the next invocation, however long that takes.
    ///
    /// # Errors
    /// An interface that is away, or answers something else.
    pub async fn next(&self) -> Result<Next, RuntimeError> {
        let reply = self.send(Method::GET, &format!("{RUNTIME}/invocation/next"), &[], Bytes::new()).await?;
        let text = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let request_id = text("lambda-runtime-aws-request-id").filter(|_| reply.status == 200);
        let request_id = request_id.ok_or_else(|| away(format!("status {} without an invocation", reply.status)))?;
        let deadline = text("lambda-runtime-deadline-ms").and_then(|ms| ms.parse().ok());
        let invocation = Invocation {
            request_id,
            // the name is the seventh part; a version or alias may follow
            function: text("lambda-runtime-invoked-function-arn").and_then(|arn| arn.split(':').nth(6).map(str::to_owned)),
            time_left: deadline.and_then(|deadline| time_left(Duration::from_millis(deadline), SystemTime::now())),
            credentials: None,
        };
        Ok(Next { invocation, event: reply.body })
    }

    /// Answers an invocation.
    ///
    /// # Errors
    /// An interface that is away, or does not take the answer.
    pub async fn answer(&self, invocation: &Invocation, answered: Result<Answered, Failure>) -> Result<(), RuntimeError> {
        let id = &invocation.request_id;
        match answered {
            Ok(answered) => {
                let body = Bytes::from(answered.into_document().to_string());
                match self.post(&format!("{RUNTIME}/invocation/{id}/response"), &[], body).await {
                    // what is too large for the platform would leave the caller without any answer
                    Err(error) => self.fail(id, &Failure { code: "runtime-answer", message: error.to_string(), may_work_later: false }).await,
                    told => told,
                }
            }
            Err(failure) => {
                tracing::warn!(request_id = id, code = failure.code, "an invocation failed: {}", failure.message);
                self.fail(id, &failure).await
            }
        }
    }

    async fn fail(&self, id: &str, failure: &Failure) -> Result<(), RuntimeError> {
        self.tell(&format!("{RUNTIME}/invocation/{id}/error"), failure).await
    }

    /// Says that the process does not start.
    pub(super) async fn refuse(&self, failure: &Failure) -> Result<(), RuntimeError> {
        self.tell(&format!("{RUNTIME}/init/error"), failure).await
    }

    async fn tell(&self, path: &str, failure: &Failure) -> Result<(), RuntimeError> {
        let mut document = failure.document();
        document["stackTrace"] = json!([]);
        self.post(path, &[("lambda-runtime-function-error-type", failure.code)], Bytes::from(document.to_string())).await
    }

    /// Registers the process as an extension without events, so that it is sent SIGTERM before its end. Gives its id.
    pub(super) async fn register(&self) -> Result<String, RuntimeError> {
        let body = Bytes::from_static(b"{\"events\": []}");
        let path = format!("{EXTENSION}/register");
        let registering = self.send(Method::POST, &path, &[("lambda-extension-name", EXTENSION_NAME)], body);
        let reply = tokio::time::timeout(PATIENCE, registering).await.map_err(|_| away("no answer to the registration".to_owned()))??;
        let id = reply.headers.get("lambda-extension-identifier").and_then(|id| id.to_str().ok()).filter(|_| reply.status == 200);
        id.map(str::to_owned).ok_or_else(|| away(format!("status {} to the registration", reply.status)))
    }

    /// Asks for the events of the extension, of which there is none: only then the platform takes it as started.
    pub(super) async fn listen(&self, extension: &str) {
        let asked = self.send(Method::GET, &format!("{EXTENSION}/event/next"), &[("lambda-extension-identifier", extension)], Bytes::new()).await;
        tracing::debug!(ended_well = asked.is_ok(), "the extension is no longer waited for");
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<(), RuntimeError> {
        let reply = tokio::time::timeout(PATIENCE, self.send(Method::POST, path, headers, body)).await;
        let reply = reply.map_err(|_| away(format!("no answer to {path}")))??;
        if (200..300).contains(&reply.status) { Ok(()) } else { Err(away(format!("status {} to {path}", reply.status))) }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Reply, RuntimeError> {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        let mut request = Request::builder().method(method).uri(format!("/{}{slash}{path}", self.prefix)).header(HOST, &self.authority);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|error| away(format!("no request to {path} can be made: {error}")))?;
        let stream = TcpStream::connect(&self.authority).await.map_err(|error| away(format!("{} can not be reached: {error}", self.authority)))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| away(format!("no connection: {error}")))?;
        let serving = tokio::spawn(connection);
        let exchanged = async {
            let response: Response<_> = sender.send_request(request).await.map_err(|error| away(format!("no answer: {error}")))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, EVENT_BYTES).collect().await.map_err(|error| away(format!("the answer could not be read: {error}")))?;
            Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes() })
        };
        let reply = exchanged.await;
        serving.abort();
        reply
    }
}

/// How long it is until a deadline, in Unix time. One that was over before any invocation could have begun is none:
/// emulators send such.
fn time_left(deadline: Duration, now: SystemTime) -> Option<Duration> {
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    (deadline + LONGEST > now).then(|| deadline.saturating_sub(now))
}

fn away(reason: String) -> RuntimeError {
    RuntimeError::Interface { platform: Platform::Lambda, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_in_the_time_of_an_invocation() {
        let (now, second) = (UNIX_EPOCH + Duration::from_secs(2_000_000), Duration::from_secs(1));
        assert_eq!(time_left(Duration::from_secs(2_000_060), now), Some(60 * second));
        assert_eq!(time_left(Duration::from_secs(1_999_999), now), Some(Duration::ZERO));
        assert_eq!(time_left(600 * second, now), None);
        assert_eq!(time_left(Duration::from_millis(u64::MAX), now).map(|left| left > LONGEST), Some(true));
    }

    #[test]
    fn an_interface_may_lie_below_a_path() {
        let of = |address: &str| RuntimeApi::of(&Sources::default().variable(API, address));
        let api = of("127.0.0.1:9001/.rt/orders").unwrap();
        assert_eq!((api.authority.as_str(), api.prefix.as_str()), ("127.0.0.1:9001", ".rt/orders"));
        assert_eq!(of("http://127.0.0.1:9001/").unwrap().prefix, "");
        assert!(of(" ").is_err());
    }
}
