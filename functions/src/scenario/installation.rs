//! An installation of ours as the subject of scenarios: a fresh META store, and a fresh data source for each tenant
//! (surface.md §21, `test`).

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use nightowl_auth::{Expiry, IssueRequest, PatId, Scopes, UserStore as _, issue};
use nightowl_config::{Loaded, Sources};
use nightowl_core::error::ErrorClass;
use nightowl_core::model::{DataSource, DataSourceType, Definitions, Pipeline, Problems, Severity, Tenant, TopicKind, UserDefinition};
use nightowl_core::port::{Clock as _, Criterion, Query, StoreError, TopicRows as _};
use nightowl_core::value::{JsonStyle, json};
use nightowl_storage::meta::SUPER_ADMIN_NAME;
use nightowl_storage::meta::apply::ApplyOptions;
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::trace::{LogCriteria, TraceStore};
use serde_json::{Value as Json, json as json_value};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::place::{InstallationPlace, ServerPlaces, referred};
use super::{Answer, FiredTrigger, Pat, Scenario, Subject, SubjectError};
use crate::door::Fire;
use crate::http::{HttpOptions, router};
use crate::node::{Node, NodeError, NodeOptions};
use crate::trace::{definitions, log_document};

/// The published pair that vectors and scenarios are recorded with (values.md §8).
const AES_KEY: &str = "hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x";
const AES_IV: &str = "J@NcRfUjXn2r5u8x";
/// The largest answer that is read, in bytes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// How many rows and logs of a scenario are read.
const ROWS: usize = 1_000_000;

/// A tenant of a scenario.
#[derive(Debug, Clone)]
struct ScenarioTenant {
    tenant_id: String,
    data_source_id: String,
    token: String,
}

/// A fresh installation, gone with its folder when it is dropped.
#[derive(Debug)]
pub struct Installation {
    node: Arc<Node>,
    app: Router,
    folder: TempDir,
    places: Option<ServerPlaces>,
    keep: bool,
    /// The URLs, or references to them, of the tenants' data sources on a server.
    urls: BTreeMap<String, String>,
    tenants: BTreeMap<String, ScenarioTenant>,
    super_admin_token: String,
}

impl Installation {
    /// Opens an installation in a folder of its own, and in places of its own where a server is named. `options` are
    /// settings, as `--set` takes them.
    pub async fn open(options: &[(String, String)], place: &InstallationPlace) -> Result<Self, SubjectError> {
        let folder = TempDir::with_prefix("nightowl-test-").map_err(|error| io_error(&error))?;
        let mut places = place.places(&folder);
        match Self::open_in(options, &folder, places.as_mut()).await {
            Ok((node, app, super_admin_token)) => {
                Ok(Self { node, app, folder, places, keep: place.keep, urls: BTreeMap::new(), tenants: BTreeMap::new(), super_admin_token })
            }
            Err(error) => {
                if let Some(places) = places.as_mut().filter(|_| !place.keep) {
                    places.remove().await.map_err(|error| SubjectError::from_coded(&error))?;
                }
                Err(error)
            }
        }
    }

    async fn open_in(options: &[(String, String)], folder: &TempDir, places: Option<&mut ServerPlaces>) -> Result<(Arc<Node>, Router, String), SubjectError> {
        let url = match places {
            Some(places) => places.make("meta").await.map_err(|error| SubjectError::from_coded(&error))?,
            None => format!("sqlite://{}/meta.db", folder.path().display()),
        };
        let mut sources = Sources::default()
            .option("storage.url", &url)
            .option("storage.data_dir", &folder.path().display().to_string())
            .option("storage.sqlite_synchronous", "normal")
            .option("snowflake.worker_id", "0")
            .option("snowflake.competitive_workers", "false")
            .option("engine.time_zone", "UTC")
            .option("engine.atomicity", "action")
            .option("engine.aes_key", AES_KEY)
            .option("engine.aes_iv", AES_IV)
            .option("engine.async_monitor_log", "false")
            .option("auth.allow_default_secrets", "true");
        for (key, value) in options {
            sources = sources.option(key, value);
        }
        let loaded =
            Loaded::load(&sources).map_err(|error| SubjectError { code: "config-value-wrong", class: ErrorClass::Fatal, message: error.to_string() })?;
        let node = Arc::new(Node::open(loaded.settings(), &NodeOptions::default()).await.map_err(|error| SubjectError::from_coded(&error))?);
        let app = router(Fire::new(Arc::clone(&node)), &HttpOptions::of(loaded.settings()), None);
        let super_admin_token = token_of(&node, SUPER_ADMIN_NAME).await.map_err(|error| SubjectError::from_coded(&error))?;
        Ok((node, app, super_admin_token))
    }

    /// Ends it, releasing its files and removing what it made on a server, unless that is to be kept.
    pub async fn close(mut self) -> Result<(), SubjectError> {
        let closed = self.node.close().await.map_err(|error| SubjectError::from_coded(&error));
        if let Some(places) = self.places.as_mut().filter(|_| !self.keep) {
            places.remove().await.map_err(|error| SubjectError::from_coded(&error))?;
        }
        closed
    }

    /// Makes the places of the tenants' data sources on a server.
    async fn make_places(&mut self, scenario: &Scenario) -> Result<(), SubjectError> {
        let Some(places) = self.places.as_mut() else { return Ok(()) };
        for symbol in &scenario.tenants {
            let url = places.make(symbol).await.map_err(|error| SubjectError::from_coded(&error))?;
            self.urls.insert(symbol.clone(), referred(&self.folder, symbol, &url).map_err(|error| io_error(&error))?);
        }
        Ok(())
    }

    fn tenant(&self, symbol: &str) -> Result<&ScenarioTenant, SubjectError> {
        self.tenants.get(symbol).ok_or_else(|| SubjectError {
            code: "scenario-tenant-unknown",
            class: ErrorClass::Reject,
            message: format!("the scenario has no tenant \"{symbol}\""),
        })
    }

    /// Tenants with their admin and data source, topics and pipelines with the tenants' ids.
    fn definitions(&mut self, scenario: &Scenario) -> Result<Definitions, NodeError> {
        let mut all = Definitions::default();
        for symbol in &scenario.tenants {
            let tenant_id = self.node.new_id()?.to_string();
            let data_source_id = self.node.new_id()?.to_string();
            let file = format!("sqlite://{}/{symbol}.db", self.folder.path().display());
            let url = self.urls.get(symbol).cloned().unwrap_or(file);
            all.tenants.push(Tenant { tenant_id: tenant_id.clone(), name: symbol.clone() });
            all.users.push(UserDefinition {
                user_id: self.node.new_id()?.to_string(),
                name: admin_name(symbol),
                nick_name: None,
                password: None,
                is_active: true,
                role: "admin".to_owned(),
                tenant_id: Some(tenant_id.clone()),
            });
            all.data_sources.push(DataSource {
                data_source_id: data_source_id.clone(),
                data_source_code: symbol.clone(),
                data_source_type: self.places.as_ref().map_or(DataSourceType::Sqlite, ServerPlaces::data_source_type),
                host: None,
                port: None,
                username: None,
                password: None,
                name: None,
                url: Some(url),
                params: Vec::new(),
                tenant_id: Some(tenant_id.clone()),
            });
            self.tenants.insert(symbol.clone(), ScenarioTenant { tenant_id, data_source_id, token: String::new() });
        }
        let mut problems = Problems::default();
        for tuple in scenario.topics.iter().chain(&scenario.pipelines) {
            let mut tuple = tuple.clone();
            let symbol = tuple.get("tenantId").and_then(Json::as_str).unwrap_or("a").to_owned();
            if let (Some(object), Some(tenant)) = (tuple.as_object_mut(), self.tenants.get(&symbol)) {
                object.insert("tenantId".to_owned(), json_value!(tenant.tenant_id));
                if object.contains_key("factors") {
                    object.insert("dataSourceId".to_owned(), json_value!(tenant.data_source_id));
                }
            }
            let mut found = Problems::default();
            let read = Definitions::read(&tuple, &scenario.name, &mut found);
            if !read.pipelines.iter().any(stays_broken) {
                problems.extend(found);
            }
            all.extend(read);
        }
        match problems.iter().find(|problem| problem.severity == Severity::Error) {
            Some(problem) => Err(NodeError::Setting { key: "scenario", reason: problem.to_string() }),
            None => Ok(all),
        }
    }

    async fn prepare_all(&mut self, scenario: &Scenario) -> Result<(), NodeError> {
        let definitions = self.definitions(scenario)?;
        self.node.apply(definitions, ApplyOptions::default(), "1").await?;
        let symbols: Vec<String> = self.tenants.keys().cloned().collect();
        for symbol in symbols {
            let token = token_of(&self.node, &admin_name(&symbol)).await?;
            if let Some(tenant) = self.tenants.get_mut(&symbol) {
                tenant.token = token;
            }
        }
        Ok(())
    }

    async fn read_rows(&self, symbol: &str, name: &str) -> Result<Vec<Json>, NodeError> {
        let Some(tenant) = self.tenants.get(symbol) else { return Ok(Vec::new()) };
        let catalog = self.node.catalogs.of(&tenant.tenant_id).await?;
        let Some(topic) = catalog.catalog.topic_by_name(name).cloned() else { return Ok(Vec::new()) };
        let store = self.node.stores.of(catalog.data_source(topic.data_source_id.as_deref())?).await?;
        let tenant_id = tenant.tenant_id.clone();
        let is_synonym = topic.kind == TopicKind::Synonym;
        let rows = store.store.read(move |session| {
            Box::pin(async move {
                let mut unit = SqlUnitOfWork::new(session);
                unit.find(&Query { topic: &topic, tenant_id: &tenant_id, criterion: Criterion::Always(true), limit: ROWS, lock: false }).await
            })
        });
        let rows = match rows.await? {
            // A synonym makes no table: the one that it names need not be there (engine.md §2.3).
            Err(StoreError::StructureMissing { .. } | StoreError::Unexpected { .. }) if is_synonym => Vec::new(),
            rows => rows?,
        };
        Ok(rows.into_iter().map(|row| json::to_json(&nightowl_core::value::Value::Object(row), JsonStyle::Wire)).collect())
    }

    async fn read_logs(&self, symbol: &str) -> Result<Vec<Json>, NodeError> {
        let Some(tenant) = self.tenants.get(symbol) else { return Ok(Vec::new()) };
        let catalog = self.node.catalogs.of(&tenant.tenant_id).await?;
        let store = self.node.stores.of(catalog.data_source(Some(&tenant.data_source_id))?).await?;
        let criteria = LogCriteria { tenant_id: Some(tenant.tenant_id.clone()), ..LogCriteria::default() };
        let mut logs = TraceStore::new(store.store).newest_logs(&criteria, u32::MAX).await?;
        logs.sort_by_key(|log| log.uid);
        let definitions = definitions(&self.node.stores.default_store().store, &logs).await?;
        Ok(logs.iter().map(|log| log_document(log, &definitions)).collect())
    }
}

#[async_trait]
impl Subject for Installation {
    async fn prepare(&mut self, scenario: &Scenario) -> Result<(), SubjectError> {
        self.make_places(scenario).await?;
        self.prepare_all(scenario).await.map_err(|error| SubjectError::from_coded(&error))
    }

    /// Through the router, as a request would, without a socket.
    async fn fire(&mut self, trigger: &FiredTrigger) -> Result<Answer, SubjectError> {
        let mut body = json_value!({"code": trigger.code, "data": trigger.data, "triggerType": trigger.trigger_type, "traceId": trigger.trace_id});
        if let (Some(object), Some(tenant)) = (body.as_object_mut(), &trigger.tenant_id) {
            object.insert("tenantId".to_owned(), json_value!(tenant));
        }
        let token = match trigger.pat {
            Pat::Tenant => Some(self.tenant(&trigger.tenant)?.token.clone()),
            Pat::Wrong => Some("ntwl_wrong".to_owned()),
            Pat::Missing => None,
            Pat::SuperAdmin => Some(self.super_admin_token.clone()),
        };
        let mut request = Request::post("/pipeline/data").header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("PAT {token}"));
        }
        let failed = |message: String| SubjectError { code: "internal-scenario", class: ErrorClass::Bug, message };
        let request = request.body(Body::from(body.to_string())).map_err(|error| failed(error.to_string()))?;
        let response = self.app.clone().oneshot(request).await.map_err(|error| failed(error.to_string()))?;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), ANSWER_BYTES).await.map_err(|error| failed(error.to_string()))?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    async fn rows(&mut self, tenant: &str, topic: &str) -> Result<Vec<Json>, SubjectError> {
        self.read_rows(tenant, topic).await.map_err(|error| SubjectError::from_coded(&error))
    }

    async fn logs(&mut self, tenant: &str) -> Result<Vec<Json>, SubjectError> {
        self.read_logs(tenant).await.map_err(|error| SubjectError::from_coded(&error))
    }

    fn tenant_id(&self, tenant: &str) -> Option<String> {
        self.tenants.get(tenant).map(|tenant| tenant.tenant_id.clone())
    }
}

/// Whether the mistakes of a pipeline are still there when it is read from META: then it is kept as broken (D-02), as an
/// installation would. What the stored form can not say, such as an unknown operator, no installation would accept.
fn stays_broken(pipeline: &Pipeline) -> bool {
    let mut problems = Problems::default();
    Pipeline::read(&pipeline.to_json(), &mut problems);
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

fn admin_name(symbol: &str) -> String {
    format!("admin-{symbol}")
}

fn io_error(error: &std::io::Error) -> SubjectError {
    SubjectError { code: "storage-unexpected", class: ErrorClass::Fatal, message: error.to_string() }
}

/// A new token of a user.
async fn token_of(node: &Node, name: &str) -> Result<String, NodeError> {
    let owner = node.accounts.find_user_by_name(name).await.map_err(nightowl_auth::AuthError::from)?;
    let Some(owner) = owner else { return Err(NodeError::TenantUnknown { tenant_id: name.to_owned() }) };
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id()?.to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::all(),
        expires: Expiry::Never,
        note: None,
    };
    let issued = issue(request, &*node.accounts, node.clock.now_utc(), node.zone).await?;
    Ok(issued.token.expose().to_owned())
}
