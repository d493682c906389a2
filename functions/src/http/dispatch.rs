//! Requests that came in an event, through the same router as those of a socket (surface.md §15.2.9).

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::door::DoorError;
use crate::event::{Body as EventBody, DecodeOptions, Decoder, HttpForm, HttpRequest, Routes, http_answer};

/// The most bytes of an answer: what a function platform takes.
const ANSWER_BYTES: usize = 6 * 1024 * 1024;
/// What Azure puts before every path, where nothing else is said.
const AZURE_PREFIX: &str = "/api";

/// The answer to a request of an event.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// It, in the form of its platform.
    pub document: Json,
}

/// Carries a request out. `base_path` is what the platform puts before our paths (`http.base_path`).
pub async fn dispatch(router: &Router, request: &HttpRequest, base_path: Option<&str>) -> Answer {
    let prefix = base_path.or_else(|| (request.form == HttpForm::Azure).then_some(AZURE_PREFIX));
    let Some(built) = built(request, prefix) else {
        return plain(request.form, StatusCode::BAD_REQUEST, "{\"detail\": \"Bad request.\"}");
    };
    let response = match router.clone().oneshot(built).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, ANSWER_BYTES).await else {
        return plain(request.form, StatusCode::INTERNAL_SERVER_ERROR, "{\"detail\": \"The answer is too large for a function.\"}");
    };
    let headers: Vec<(String, String)> =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect();
    Answer { status: parts.status.as_u16(), document: http_answer(request.form, parts.status.as_u16(), &headers, &body) }
}

/// The request without what the platform put before its path; `None` where it is none that HTTP knows.
fn built(request: &HttpRequest, prefix: Option<&str>) -> Option<Request<Body>> {
    let path = without_prefix(&request.path, prefix);
    let target = if request.query.is_empty() { path.to_owned() } else { format!("{path}?{}", request.query) };
    let mut built = Request::new(Body::from(request.body.clone()));
    *built.method_mut() = Method::from_bytes(request.method.as_bytes()).ok()?;
    *built.uri_mut() = target.parse::<Uri>().ok()?;
    for (name, value) in &request.headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) else { continue };
        built.headers_mut().append(name, value);
    }
    Some(built)
}

/// A request without what a platform puts before our paths.
pub(crate) fn without_base_path(mut request: Request<Body>, prefix: Option<&str>) -> Request<Body> {
    let path = without_prefix(request.uri().path(), prefix);
    let target = request.uri().query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(uri) = target.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

/// The answer to a request in an event that could not be carried out at all; `None` where the event holds no request.
pub(crate) fn refusal_of_event(bytes: &[u8], error: &DoorError) -> Option<Json> {
    let (routes, options) = (Routes::default(), DecodeOptions::default());
    let decoded = Decoder::new(&routes, &options).decode(bytes).ok()?;
    let form = decoded.records.iter().find_map(|record| match &record.body {
        EventBody::Http(request) => Some(request.form),
        _ => None,
    })?;
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(error.retry_after_seconds().map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
    Some(http_answer(form, error.status(), &headers, error.body().to_string().as_bytes()))
}

fn without_prefix<'p>(path: &'p str, prefix: Option<&str>) -> &'p str {
    let prefix = prefix.map(|prefix| prefix.trim_end_matches('/')).unwrap_or_default();
    match path.strip_prefix(prefix) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

fn plain(form: HttpForm, status: StatusCode, body: &str) -> Answer {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    Answer { status: status.as_u16(), document: http_answer(form, status.as_u16(), &headers, body.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::without_prefix;

    #[test]
    fn what_the_platform_puts_before_a_path_goes() {
        for (path, prefix, expected) in [
            ("/api/pipeline/data", Some("/api"), "/pipeline/data"),
            ("/apis/x", Some("/api"), "/apis/x"),
            ("/stage", Some("/stage/"), "/"),
            ("/pipeline/data", None, "/pipeline/data"),
        ] {
            assert_eq!(without_prefix(path, prefix), expected);
        }
    }
}
