//! Rows and reruns: `/topic/data/row`, `/topic/data/rerun`, `/pipeline/log/rerun/…` (surface.md §6.2, §7).

use std::collections::HashMap;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{Extensions, HeaderMap};
use nightowl_auth::{Guard, Permission, Principal, query_principal};
use nightowl_core::value::json::to_json;
use nightowl_core::value::{JsonStyle, Value, read_json_bytes};
use serde_json::Value as Json_;

use super::router::{Api, address, credentials};
use crate::door::DoorError;
use crate::rerun::{Asker, RerunError, RowAddress, TopicRef, read_row, rerun_logs, rerun_row};

type Parameters = Query<HashMap<String, String>>;

/// `GET /topic/data/row`: the row as pipelines see it, or null; `id_` as text.
pub(super) async fn row(State(api): State<Api>, parameters: Parameters, headers: HeaderMap, extensions: Extensions) -> Result<Json<Json_>, DoorError> {
    let principal = admin(&api, &headers, &extensions, Permission::TraceRead).await?;
    let address = row_address(&parameters)?;
    let acting = query_principal(&principal, parameter(&parameters, "tenant_id"))?;
    let found = read_row(api.fire.node(), acting.tenant_id.as_str(), &address).await?;
    let Some(mut row) = found else { return Ok(Json(Json_::Null)) };
    if let Some(Value::Number(id)) = row.get("id_") {
        let id = Value::from(id.to_string().as_str());
        row.insert("id_", id);
    }
    Ok(Json(to_json(&Value::Object(row), JsonStyle::Wire)))
}

/// `GET /topic/data/rerun`: the row's pipelines, or one of them, with type `insert`.
pub(super) async fn rerun(State(api): State<Api>, parameters: Parameters, headers: HeaderMap, extensions: Extensions) -> Result<Json<Json_>, DoorError> {
    let principal = admin(&api, &headers, &extensions, Permission::TraceRerun).await?;
    let address = row_address(&parameters)?;
    let acting = query_principal(&principal, parameter(&parameters, "tenant_id"))?;
    let answer = rerun_row(api.fire.node(), &Asker::of(&acting), &address, parameter(&parameters, "pipeline_id")).await?;
    Ok(Json(answer.body()))
}

/// `GET /pipeline/log/rerun/uid`: the pipeline of a log, with the log's rows.
pub(super) async fn by_uid(State(api): State<Api>, parameters: Parameters, headers: HeaderMap, extensions: Extensions) -> Result<Json<Json_>, DoorError> {
    let principal = admin(&api, &headers, &extensions, Permission::TraceRerun).await?;
    let uid = parameter(&parameters, "uid").ok_or(RerunError::ParameterMissing { name: "uid" })?.to_owned();
    let acting = query_principal(&principal, parameter(&parameters, "tenant_id"))?;
    let mut answers = rerun_logs(api.fire.node(), &Asker::of(&acting), std::slice::from_ref(&uid)).await?;
    Ok(Json(answers.pop().map_or(Json_::Null, |answer| answer.body())))
}

/// `POST /pipeline/log/rerun/error`: the same for many logs.
pub(super) async fn by_uids(State(api): State<Api>, parameters: Parameters, request: Request) -> Result<Json<Json_>, DoorError> {
    let (parts, body) = request.into_parts();
    let principal = admin(&api, &parts.headers, &parts.extensions, Permission::TraceRerun).await?;
    let limit = api.options.body_bytes;
    let body = to_bytes(body, limit).await.map_err(|_| DoorError::TooLarge { limit, setting: "limits.body_bytes" })?;
    let document = read_json_bytes(&body, api.options.json_depth)?;
    let asked = document.as_object().and_then(|object| object.get("errorDetails"));
    let Some(details) = asked.and_then(Value::as_array) else {
        return Err(DoorError::shape(&["body", "errorDetails"], "Input should be a valid list", "list_type"));
    };
    let uids: Option<Vec<String>> = details.iter().map(|detail| uid(detail.as_object()?.get("uid")?)).collect();
    let uids = uids.ok_or_else(|| DoorError::shape(&["body", "errorDetails", "uid"], "Input should be a valid string", "string_type"))?;
    let acting = query_principal(&principal, parameter(&parameters, "tenant_id"))?;
    let answers = rerun_logs(api.fire.node(), &Asker::of(&acting), &uids).await?;
    Ok(Json(answers.iter().map(crate::door::TriggerAnswer::body).collect()))
}

async fn admin(api: &Api, headers: &HeaderMap, extensions: &Extensions, permission: Permission) -> Result<Principal, DoorError> {
    let credentials = credentials(headers)?;
    let address = address(extensions);
    let principal = api.fire.node().authenticator.authorise(credentials.as_ref(), address.as_deref(), Guard::AnyAdmin).await?;
    principal.require(permission)?;
    Ok(principal)
}

/// A parameter that is not blank.
fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn row_address(parameters: &Parameters) -> Result<RowAddress, RerunError> {
    let topic = match (parameter(parameters, "topic_id"), parameter(parameters, "topic_name")) {
        (Some(id), _) => TopicRef::Id(id.to_owned()),
        (None, Some(name)) => TopicRef::Name(name.to_owned()),
        (None, None) => return Err(RerunError::ParameterMissing { name: "topic_name or topic_id" }),
    };
    let data_id = parameter(parameters, "data_id").and_then(|id| id.parse().ok());
    Ok(RowAddress { topic, data_id: data_id.ok_or(RerunError::ParameterMissing { name: "data_id" })? })
}

fn uid(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
