//! The REST writer against a server on this machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use nightowl_core::model::{ExternalWriterDefinition, ExternalWriterType};
use nightowl_core::port::{ExternalCall, ExternalWriter};
use nightowl_core::value::{Object, Value};

use super::standard::StandardWriter;
use crate::outbound::AllowedHosts;

type Received = Arc<Mutex<Vec<(HeaderMap, serde_json::Value)>>>;

async fn answer(State(received): State<Received>, request: Request) -> impl IntoResponse {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let auth = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    received.lock().unwrap().push((parts.headers.clone(), serde_json::from_slice(&body).unwrap()));
    match parts.uri.path() {
        "/ok" => (StatusCode::CREATED, "no json".to_owned()),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(20)).await;
            (StatusCode::OK, String::new())
        }
        _ => (StatusCode::IM_A_TEAPOT, format!("refused {auth} {}", "x".repeat(9000))),
    }
}

async fn server() -> (String, Received) {
    let received = Received::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(answer).with_state(Arc::clone(&received));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (format!("http://{address}"), received)
}

fn call(url: &str) -> ExternalCall {
    let mut current = Object::new();
    current.insert("no", Value::from("A-1"));
    ExternalCall {
        writer: ExternalWriterDefinition {
            writer_id: "1".to_owned(),
            writer_code: "crm".to_owned(),
            name: None,
            writer_type: ExternalWriterType::Standard,
            pat: Some("s3cret".to_owned()),
            url: Some(url.to_owned()),
            tenant_id: None,
        },
        event_code: Some("order".to_owned()),
        current: Some(current),
        previous: None,
        data_id: Some(7),
        trace_id: "77".to_owned(),
        idempotency_key: "88".to_owned(),
    }
}

fn writer(seconds: u64) -> StandardWriter {
    StandardWriter::new(AllowedHosts::new(["127.0.0.1"]), Duration::from_secs(seconds))
}

#[tokio::test]
async fn the_body_is_a_trigger_and_any_2xx_is_success() {
    let (url, received) = server().await;
    writer(5).write(&call(&format!("{url}/ok"))).await.unwrap();
    let received = received.lock().unwrap();
    let (headers, body) = &received[0];
    assert_eq!(body, &serde_json::json!({"code": "order", "data": {"no": "A-1"}, "triggerType": "insert"}));
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("authorization"), Some("PAT s3cret"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("x-nightowl-trace-id"), Some("77"));
    assert_eq!(header("idempotency-key"), Some("88"));
}

#[tokio::test]
async fn another_status_is_an_error_without_the_token() {
    let (url, _) = server().await;
    let error = writer(5).write(&call(&format!("{url}/no"))).await.unwrap_err().to_string();
    assert!(error.starts_with("failed to call external writer \"crm\": the answer is 418: refused PAT ***"), "{error}");
    assert!(error.len() < 300 && !error.contains("s3cret"));
}

#[tokio::test]
async fn nothing_to_send_slow_and_down_are_errors() {
    let (url, received) = server().await;
    let empty = ExternalCall { current: Some(Object::new()), ..call(&format!("{url}/ok")) };
    assert!(writer(5).write(&empty).await.unwrap_err().reason.contains("null or empty"));
    assert!(received.lock().unwrap().is_empty());
    assert!(writer(1).write(&call(&format!("{url}/slow"))).await.unwrap_err().reason.contains("within 1 s"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(writer(5).write(&call(&format!("http://{free}/ok"))).await.unwrap_err().reason.contains("can not be reached"));
}

#[tokio::test]
async fn private_addresses_and_unlisted_hosts_are_refused() {
    let (url, received) = server().await;
    let closed = StandardWriter::new(AllowedHosts::default(), Duration::from_secs(5));
    for host in [url.clone(), url.replace("127.0.0.1", "localhost"), url.replace("127.0.0.1", "[::ffff:127.0.0.1]")] {
        let error = closed.write(&call(&format!("{host}/ok"))).await.unwrap_err();
        assert!(error.reason.contains("private address"), "{}", error.reason);
    }
    let other = StandardWriter::new(AllowedHosts::new(["api.example"]), Duration::from_secs(5));
    assert!(other.write(&call(&format!("{url}/ok"))).await.unwrap_err().reason.contains("not listed"));
    assert!(writer(5).write(&call("http://me:s3cret@127.0.0.1/ok")).await.unwrap_err().reason.contains("holds a user"));
    assert!(writer(5).write(&call("ftp://127.0.0.1/ok")).await.unwrap_err().reason.contains("https://"));
    assert!(received.lock().unwrap().is_empty());
}
