//! `POST /pipeline/log`: pages of monitor logs (surface.md §7).

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use chrono::NaiveDateTime;
use nightowl_auth::{Guard, Permission, Principal, query_principal};
use nightowl_core::value::{Object, Value, read_json_bytes};
use nightowl_storage::trace::{LogCriteria, PageRequest, TraceStore, page_of_logs};
use serde_json::{Value as Json_, json};

use super::router::{Api, address, credentials};
use crate::door::DoorError;
use crate::node::NodeError;
use crate::rerun::stores_of;
use crate::trace::{definitions, log_document};

/// Who asks for logs, acting for the tenant that the body names, and what the body asks.
pub(super) async fn question(api: &Api, request: Request) -> Result<(Principal, Object), DoorError> {
    let node = api.fire.node();
    let credentials = credentials(request.headers())?;
    let address = address(request.extensions());
    let principal = node.authenticator.authorise(credentials.as_ref(), address.as_deref(), Guard::AnyAdmin).await?;
    principal.require(Permission::TraceRead)?;
    let limit = api.options.body_bytes;
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| DoorError::TooLarge { limit, setting: "limits.body_bytes" })?;
    let document = if body.is_empty() { Value::Object(Object::new()) } else { read_json_bytes(&body, api.options.json_depth)? };
    let Value::Object(asked) = document else {
        return Err(DoorError::shape(&["body"], "Input should be a valid dictionary or object to extract fields from", "model_attributes_type"));
    };
    let acting = query_principal(&principal, text(&asked, "tenantId").as_deref())?;
    Ok((acting, asked))
}

/// Answers a page, newest start first; `dataId` as text.
pub(super) async fn page(State(api): State<Api>, request: Request) -> Result<Json<Json_>, DoorError> {
    let node = api.fire.node();
    let (acting, asked) = question(&api, request).await?;
    let criteria = LogCriteria {
        tenant_id: Some(acting.tenant_id.as_str().to_owned()),
        trace_id: text(&asked, "traceId"),
        topic_id: text(&asked, "topicId"),
        pipeline_id: text(&asked, "pipelineId"),
        data_id: text(&asked, "dataId").and_then(|id| id.parse().ok()),
        status: text(&asked, "status"),
        start_date: moment(&api, &asked, "startDate")?,
        end_date: moment(&api, &asked, "endDate")?,
    };
    let largest = i64::try_from(api.options.page_size).unwrap_or(i64::MAX);
    let page = PageRequest::new(integer(&asked, "pageNumber").unwrap_or(1), integer(&asked, "pageSize").unwrap_or(0).min(largest));
    let stores: Vec<TraceStore> = stores_of(node, acting.tenant_id.as_str()).await?.into_iter().map(|open| TraceStore::new(open.store)).collect();
    let found = page_of_logs(&stores, &criteria, page).await.map_err(NodeError::from)?;
    let definitions = definitions(&node.stores.default_store().store, &found.data).await?;
    let data: Vec<Json_> = found
        .data
        .iter()
        .map(|log| {
            let mut shown = log_document(log, &definitions);
            shown["dataId"] = json!(log.data_id.to_string());
            shown
        })
        .collect();
    Ok(Json(json!({
        "data": data, "pageNumber": found.page_number, "pageSize": found.page_size, "itemCount": found.item_count, "pageCount": found.page_count,
    })))
}

pub(super) fn text(object: &Object, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::Text(text) => Some(text.to_string()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn integer(object: &Object, key: &str) -> Option<i64> {
    object.get(key)?.as_number().and_then(nightowl_core::value::Decimal::to_i64)
}

/// A bound of time; one that can not be read is a 400 (S23).
pub(super) fn moment(api: &Api, object: &Object, key: &'static str) -> Result<Option<NaiveDateTime>, DoorError> {
    let Some(text) = text(object, key) else { return Ok(None) };
    let parsed = api.fire.node().engine.settings.dates.parse_datetime(&text);
    parsed.map(Some).ok_or(DoorError::DateUnreadable { key })
}
