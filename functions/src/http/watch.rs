//! What is seen of every request from outside: how long it takes, how it ends, which browsers may send it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use nightowl_config::Settings;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::error::not_found;
use super::router::Api;
use crate::door::DoorError;
use crate::metric;

/// The route of requests that none is for.
const NO_ROUTE: &str = "none";

/// Answers within the time that a request may take, and counts. A trigger that is in its lane by then ends there all the same.
pub(super) async fn request(State(api): State<Api>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let time = api.options.request_time;
    let answered = tokio::time::timeout(time, next.run(request)).await;
    let response = answered.unwrap_or_else(|_| DoorError::TooSlow { seconds: time.as_secs() }.into_response());
    let status = response.status().as_str().to_owned();
    metrics::histogram!(metric::REQUEST_SECONDS, "route" => route.clone()).record(began.elapsed().as_secs_f64());
    metrics::counter!(metric::REQUESTS, "method" => method_name(&method), "route" => route, "status" => status).increment(1);
    response
}

/// Methods that anybody may invent are one, so that a label has few values.
const fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The metrics at the path of the setting `http.metrics_path`; everywhere else there is nothing.
pub(super) async fn metrics_or_nothing(State(api): State<Api>, method: Method, uri: Uri) -> Response {
    match metric::text().filter(|_| method == Method::GET && uri.path() == api.options.metrics_path) {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        None => not_found().await.into_response(),
    }
}

/// Which browsers may call (S12): none unless origins are listed.
pub(super) fn cors(settings: &Settings) -> Option<CorsLayer> {
    let http = &settings.http;
    if !http.cors || http.cors_allowed_origins.is_empty() {
        return None;
    }
    let any = |texts: &[String]| texts.iter().any(|text| text == "*");
    let origins = http.cors_allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let methods = http.cors_allowed_methods.iter().filter_map(|method| method.parse::<Method>().ok());
    let headers = http.cors_allowed_headers.iter().filter_map(|name| name.parse::<HeaderName>().ok());
    Some(
        CorsLayer::new()
            .allow_origin(if any(&http.cors_allowed_origins) { AllowOrigin::any() } else { AllowOrigin::list(origins) })
            .allow_methods(if any(&http.cors_allowed_methods) { AllowMethods::mirror_request() } else { AllowMethods::list(methods) })
            .allow_headers(if any(&http.cors_allowed_headers) { AllowHeaders::mirror_request() } else { AllowHeaders::list(headers) })
            .allow_credentials(http.cors_allow_credentials),
    )
}
