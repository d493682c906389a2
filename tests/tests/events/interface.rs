//! The runtime interface of AWS Lambda, played to the letter of surface.md §16.1.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value as Json;
use tokio::sync::{Mutex as Waiting, mpsc};

/// How long a function may take to say something.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the function said of an invocation, or of its start.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) error_type: Option<String>,
    pub(crate) body: Json,
}

/// An invocation: its id, its deadline, its event.
struct Invocation {
    id: String,
    time: Duration,
    event: Vec<u8>,
}

/// The interface of one instance.
pub(crate) struct Interface {
    address: String,
    shared: Arc<Shared>,
    invocations: mpsc::UnboundedSender<Invocation>,
    told: mpsc::UnboundedReceiver<Told>,
}

struct Shared {
    next: Waiting<mpsc::UnboundedReceiver<Invocation>>,
    tell: mpsc::UnboundedSender<Told>,
    /// The calls that came, in order.
    calls: Mutex<Vec<String>>,
}

impl Interface {
    /// Begins to listen.
    pub(crate) async fn start() -> Self {
        let (invocations, next) = mpsc::unbounded_channel();
        let (tell, told) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { next: Waiting::new(next), tell, calls: Mutex::default() });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(hand_over))
            .route("/2018-06-01/runtime/{*path}", post(listen))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(never))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shared, invocations, told }
    }

    /// Its address, as the variable has it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The calls that came, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// Hands an event over and waits for what is said of it.
    pub(crate) async fn invoke(&mut self, id: &str, event: impl AsRef<[u8]>, time: Duration) -> Told {
        self.hand_over(id, event, time);
        self.told().await
    }

    /// Hands an event over.
    pub(crate) fn hand_over(&self, id: &str, event: impl AsRef<[u8]>, time: Duration) {
        self.invocations.send(Invocation { id: id.to_owned(), time, event: event.as_ref().to_vec() }).ok().unwrap();
    }

    /// Waits for what the function says next.
    pub(crate) async fn told(&mut self) -> Told {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.unwrap().unwrap()
    }
}

impl Shared {
    fn note(&self, call: &str) {
        self.calls.lock().unwrap().push(call.to_owned());
    }
}

async fn hand_over(State(shared): State<Arc<Shared>>) -> Response {
    shared.note("next");
    let Some(Invocation { id, time, event }) = shared.next.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", id),
        ("Lambda-Runtime-Deadline-Ms", ends.as_millis().to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:1:function:orders-sync".to_owned()),
        ("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned()),
    ];
    (headers, event).into_response()
}

async fn listen(State(shared): State<Arc<Shared>>, Path(path): Path<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let error_type = headers.get("lambda-runtime-function-error-type").map(|value| value.to_str().unwrap().to_owned());
    shared.note(&path);
    shared.tell.send(Told { path, error_type, body: serde_json::from_slice(&body).unwrap() }).ok().unwrap();
    StatusCode::ACCEPTED
}

async fn register(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.note("register");
    let named = headers.contains_key("lambda-extension-name") && body == "{\"events\": []}".as_bytes();
    if !named {
        return StatusCode::BAD_REQUEST.into_response();
    }
    [("Lambda-Extension-Identifier", "9c1f")].into_response()
}

async fn never(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    assert_eq!(headers.get("lambda-extension-identifier").unwrap(), "9c1f");
    shared.note("extension");
    std::future::pending().await
}
