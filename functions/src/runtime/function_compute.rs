//! Alibaba Function Compute, as a custom runtime (surface.md §16.3).

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use nightowl_config::Sources;

use super::listen::{self, port};
use super::{Failure, Instance, Invocation, RuntimeError, TemporaryCredentials};
use crate::event::limits::EVENT_BYTES;

/// The variables with the port, the documented one first.
const PORTS: [&str; 2] = ["FC_CUSTOM_LISTEN_PORT", "FC_SERVER_PORT"];
/// The port where neither is set.
const PORT: u16 = 9000;
/// What every header of the platform begins with.
const PLATFORM: &str = "x-fc-";
/// By this header alone the platform knows that a run failed.
const STATUS: HeaderName = HeaderName::from_static("x-fc-status");
/// How long an instance may take to give its worker id back.
const RELEASE: Duration = Duration::from_secs(5);
/// What the platform sets itself in an answer.
const RESERVED: [HeaderName; 5] = [header::CONNECTION, header::CONTENT_LENGTH, header::DATE, HeaderName::from_static("keep-alive"), header::SERVER];

/// Serves the platform.
pub(super) async fn serve(instance: Arc<Instance>, sources: &Sources) -> Result<(), RuntimeError> {
    let given = PORTS.into_iter().find_map(|name| Some((name, sources.environment.get(name).filter(|value| !value.trim().is_empty())?)));
    let port = given.map_or(Ok(PORT), |(name, value)| port(instance.platform(), name, value))?;
    listen::serve(&instance, format!("0.0.0.0:{port}"), router(Arc::clone(&instance))).await
}

/// What the platform calls: the steps of an instance's life, events, and requests that it passes on.
pub fn router(instance: Arc<Instance>) -> Router {
    Router::new().fallback(call).with_state(instance)
}

async fn call(State(instance): State<Arc<Instance>>, request: Request) -> Response {
    // the header goes before the path: a request that is passed on may have any path
    let step = match (text(request.headers(), "x-fc-control-path"), request.uri().path()) {
        (Some(control), _) if control != "/http-invoke" => control,
        (Some(_), _) => "",
        (None, path) => path,
    };
    let id = text(request.headers(), "x-fc-request-id").unwrap_or_default().to_owned();
    match step {
        "/initialize" => logged("Initialize", &id, initialize(&instance)).await,
        "/invoke" => logged("Invoke", &id, invoke(&instance, &id, request)).await,
        "/pre-freeze" => logged("PreFreeze", &id, pre_freeze(&instance)).await,
        "/pre-stop" => logged("PreStop", &id, pre_stop(&instance)).await,
        _ => pass_on(&instance, request).await,
    }
}

/// A step between the lines by which the platform cuts the log of a request out.
async fn logged(step: &str, id: &str, work: impl Future<Output = Result<Response, Failure>>) -> Response {
    line(&format!("FC {step} Start RequestId: {id}"));
    match work.await {
        Ok(response) => {
            line(&format!("FC {step} End RequestId: {id}"));
            response
        }
        Err(failure) => {
            tracing::warn!(request_id = id, code = failure.code, "a run failed: {}", failure.message);
            line(&format!("FC {step} End RequestId: {id}, Error: Unhandled function error"));
            (StatusCode::NOT_FOUND, [(STATUS, HeaderValue::from_static("404"))], Json(failure.document())).into_response()
        }
    }
}

/// A line to stdout, where the platform looks for it. A stdout that is gone is nothing that could be reported.
fn line(text: &str) {
    if writeln!(std::io::stdout().lock(), "{text}").is_err() {
        tracing::debug!("stdout is closed");
    }
}

async fn initialize(instance: &Instance) -> Result<Response, Failure> {
    instance.prepare().await?;
    Ok(StatusCode::OK.into_response())
}

async fn pre_freeze(instance: &Instance) -> Result<Response, Failure> {
    instance.beat().await;
    Ok(StatusCode::OK.into_response())
}

async fn pre_stop(instance: &Instance) -> Result<Response, Failure> {
    instance.release(RELEASE).await;
    Ok(StatusCode::OK.into_response())
}

async fn invoke(instance: &Instance, id: &str, request: Request) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let invocation = invocation(id, &parts.headers);
    let bytes = to_bytes(body, EVENT_BYTES).await.map_err(|_| {
        let message = format!("the event could not be read whole; it may have {EVENT_BYTES} bytes");
        Failure { code: "limit-event", message, may_work_later: false }
    })?;
    let answered = instance.event(&invocation, &bytes).await?;
    Ok(Json(answered.into_document()).into_response())
}

/// What the headers say; any of them may be missing or empty.
fn invocation(id: &str, headers: &HeaderMap) -> Invocation {
    Invocation {
        request_id: id.to_owned(),
        function: text(headers, "x-fc-function-name").map(str::to_owned),
        time_left: text(headers, "x-fc-function-timeout").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs),
        credentials: TemporaryCredentials::of(
            text(headers, "x-fc-access-key-id"),
            text(headers, "x-fc-access-key-secret"),
            text(headers, "x-fc-security-token"),
        ),
    }
}

/// A request of the HTTP trigger, without what is the platform's in it and in its answer.
async fn pass_on(instance: &Instance, mut request: Request<Body>) -> Response {
    remove_platform(request.headers_mut());
    let mut response = instance.request(request, None).await;
    remove_platform(response.headers_mut());
    for name in RESERVED {
        response.headers_mut().remove(name);
    }
    response
}

fn remove_platform(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(PLATFORM)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// A header that is there and not empty.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}
