//! HTTP requests as function platforms wrap them, and the answers that they want (surface.md §15.2.9).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{Object, Value, read_json, text_form};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::fields::{maybe_object, maybe_text, text as required};
use super::record::{Body, Origin, Outer, Record};
use super::text::base64;
use super::{EventError, EventSource, Shape};

/// One request, whichever way it came.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ….
    pub method: String,
    /// The path, with what the platform put before it.
    pub path: String,
    /// The query, as a URL has it.
    pub query: String,
    /// Headers in order; names may repeat.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How it is answered.
    pub form: HttpForm,
}

/// How a request came, and so how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpForm {
    /// API Gateway with payload 1.0, REST APIs.
    Payload1,
    /// A load balancer.
    LoadBalancer {
        /// Whether headers come, and go, with several values each.
        multi_value: bool,
    },
    /// API Gateway with payload 2.0, function URLs.
    Payload2,
    /// The HTTP trigger of Function Compute.
    FunctionCompute,
    /// An Azure function whose HTTP trigger is not forwarded.
    Azure,
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("HttpRequest").field("method", &self.method).field("path", &self.path).field("form", &self.form).finish_non_exhaustive()
    }
}

/// A request of AWS or of Function Compute.
pub(super) fn decode(shape: Shape, document: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let request = match shape {
        Shape::HttpPayload2 => payload_2(document, HttpForm::Payload2)?,
        Shape::HttpFunctionCompute => payload_2(document, HttpForm::FunctionCompute)?,
        _ => payload_1(document)?,
    };
    push(request, outer, out);
    Ok(())
}

fn push(request: HttpRequest, outer: &Outer, out: &mut Vec<Record>) {
    out.push(Record { origin: Origin::inside(outer, EventSource::Http), body: Body::Http(Box::new(request)) });
}

fn payload_1(document: &Object) -> Result<HttpRequest, EventError> {
    let of_load_balancer = maybe_object(document, "requestContext").is_some_and(|context| context.contains("elb"));
    let multi_value = maybe_object(document, "multiValueHeaders");
    let headers = multi_value.map_or_else(|| pairs(maybe_object(document, "headers")), |headers| pairs(Some(headers)));
    let query = pairs(maybe_object(document, "multiValueQueryStringParameters").or_else(|| maybe_object(document, "queryStringParameters")));
    Ok(HttpRequest {
        method: required(document, "httpMethod", "")?.to_owned(),
        path: required(document, "path", "")?.to_owned(),
        query: query_of(&query, of_load_balancer),
        headers,
        body: body(document)?,
        form: if of_load_balancer { HttpForm::LoadBalancer { multi_value: multi_value.is_some() } } else { HttpForm::Payload1 },
    })
}

fn payload_2(document: &Object, form: HttpForm) -> Result<HttpRequest, EventError> {
    let http = maybe_object(document, "requestContext").and_then(|context| maybe_object(context, "http"));
    let method = http.and_then(|http| maybe_text(http, "method")).ok_or_else(|| EventError::shape("requestContext.http.method", "it is missing"))?;
    let mut headers = pairs(maybe_object(document, "headers"));
    let cookies: Vec<&str> = document.get("cookies").and_then(Value::as_array).unwrap_or_default().iter().filter_map(Value::as_text).collect();
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    let query = match maybe_text(document, "rawQueryString") {
        Some(query) => query.to_owned(),
        None => query_of(&pairs(maybe_object(document, "queryParameters")), false),
    };
    Ok(HttpRequest { method: method.to_owned(), path: required(document, "rawPath", "")?.to_owned(), query, headers, body: body(document)?, form })
}

/// `{"Url", "Method", "Query", "Headers", "Body"}`.
pub(super) fn decode_azure(request: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
    let url = required(request, "Url", "")?;
    let behind_host = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
    let (path, in_url) = behind_host.split_once('?').unwrap_or((behind_host, ""));
    let headers = pairs(maybe_object(request, "Headers"));
    let query = match request.get("Query") {
        Some(Value::Object(query)) => query_of(&pairs(Some(query)), false),
        Some(Value::Text(text)) => match read_json(text, JSON_DEPTH) {
            Ok(Value::Object(query)) => query_of(&pairs(Some(&query)), false),
            _ => in_url.to_owned(),
        },
        _ => in_url.to_owned(),
    };
    let is_binary = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type")
            && ["application/octet-stream", "multipart/"].iter().any(|kind| value.trim().to_ascii_lowercase().starts_with(kind))
    });
    let body = match request.get("Body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Text(text)) if is_binary => base64(text).ok_or_else(|| EventError::shape("Body", "it is no base64, which its content type asks for"))?,
        Some(Value::Text(text)) => text.as_bytes().to_vec(),
        Some(other) => nightowl_core::value::json_text(other, nightowl_core::value::JsonStyle::Document).into_bytes(),
    };
    let method = required(request, "Method", "")?.to_owned();
    push(HttpRequest { method, path: path.to_owned(), query, headers, body, form: HttpForm::Azure }, outer, out);
    Ok(())
}

fn body(document: &Object) -> Result<Vec<u8>, EventError> {
    let encoded = document.get("isBase64Encoded") == Some(&Value::Boolean(true));
    match document.get("body") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Text(text)) if encoded => base64(text).ok_or_else(|| EventError::shape("body", "it is no base64, and isBase64Encoded says that it is")),
        Some(Value::Text(text)) => Ok(text.as_bytes().to_vec()),
        Some(other) => Err(EventError::shape("body", format!("it is {}, where a text is expected", other.kind()))),
    }
}

/// Names with their values, of which there may be a list.
fn pairs(members: Option<&Object>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in members.into_iter().flat_map(Object::iter) {
        match value {
            Value::Array(values) => pairs.extend(values.iter().filter(|value| !value.is_null()).map(|value| (name.to_string(), text_form(value).into_owned()))),
            Value::Null => {}
            value => pairs.push((name.to_string(), text_form(value).into_owned())),
        }
    }
    pairs
}

/// A query of pairs; those of a load balancer are encoded still.
fn query_of(pairs: &[(String, String)], encoded: bool) -> String {
    let written = |text: &str| if encoded { text.to_owned() } else { utf8_percent_encode(text, NON_ALPHANUMERIC).to_string() };
    pairs.iter().map(|(name, value)| format!("{}={}", written(name), written(value))).collect::<Vec<_>>().join("&")
}

/// An answer, as the platform wants it.
pub fn answer(form: HttpForm, status: u16, headers: &[(String, String)], body: &[u8]) -> Json {
    let (text, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(body), true),
    };
    let mut several: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in headers {
        several.entry(name).or_default().push(value);
    }
    let joined: BTreeMap<&str, String> =
        several.iter().filter(|(name, _)| form != HttpForm::Payload2 || **name != "set-cookie").map(|(name, values)| (*name, values.join(","))).collect();
    let mut answer = json!({"statusCode": status, "headers": joined, "isBase64Encoded": encoded, "body": text});
    match form {
        HttpForm::Payload1 | HttpForm::LoadBalancer { multi_value: true } => {
            answer["multiValueHeaders"] = json!(several);
        }
        HttpForm::Payload2 => {
            if let Some(cookies) = several.get("set-cookie") {
                answer["cookies"] = json!(cookies);
            }
        }
        HttpForm::Azure => return json!({"Outputs": {"res": {"statusCode": status, "headers": joined, "body": text}}, "Logs": [], "ReturnValue": null}),
        HttpForm::LoadBalancer { multi_value: false } | HttpForm::FunctionCompute => {}
    }
    if matches!(form, HttpForm::LoadBalancer { .. }) {
        let reason = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
        answer["statusDescription"] = json!(format!("{status} {reason}").trim_end());
    }
    answer
}
