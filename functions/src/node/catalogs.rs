//! The catalogs of the tenants: loaded when first asked for, swapped in whole when definitions change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nightowl_config::Settings;
use nightowl_core::compile::{Catalog, EnabledWriters, RealColumns};
use nightowl_core::model::{DataSource, Severity};
use nightowl_core::value::DateFormats;
use nightowl_core::value::encryption::AesKey;
use nightowl_storage::Store;
use nightowl_storage::meta::{ChangeToken, TenantDefinitions, change_token, load_tenant};
use secrecy::ExposeSecret;

use super::NodeError;
use crate::writer;

/// A tenant's definitions, compiled.
#[derive(Debug)]
pub struct TenantCatalog {
    /// The definitions.
    pub catalog: Arc<Catalog>,
    /// Its data sources by id.
    pub data_sources: BTreeMap<String, DataSource>,
    token: ChangeToken,
}

impl TenantCatalog {
    /// The data source of a topic; `None` for the default store.
    pub fn data_source(&self, data_source_id: Option<&str>) -> Result<Option<&DataSource>, NodeError> {
        let Some(id) = data_source_id else { return Ok(None) };
        self.data_sources.get(id).map(Some).ok_or_else(|| NodeError::DataSource {
            data_source_id: id.to_owned(),
            reason: "there is no such data source; apply its definition, or take dataSourceId from the topic".to_owned(),
        })
    }
}

/// The global key of the settings, where there is one.
pub fn aes_key(settings: &Settings) -> Result<Option<AesKey>, NodeError> {
    let (Some(key), Some(iv)) = (&settings.engine.aes_key, &settings.engine.aes_iv) else { return Ok(None) };
    let key = AesKey::new(key.expose_secret(), iv.expose_secret());
    key.map(Some).map_err(|error| NodeError::Setting { key: "engine.aes_key", reason: error.to_string() })
}

/// An entry with when it was last compared with the store.
#[derive(Debug, Clone)]
struct Entry {
    tenant: Arc<TenantCatalog>,
    looked_at: Instant,
    /// How the definitions stood whose tables do not fit.
    held_back: Option<ChangeToken>,
}

/// The catalogs of all tenants.
#[derive(Debug)]
pub struct Catalogs {
    meta: Store,
    entries: Mutex<BTreeMap<String, Entry>>,
    /// How long a catalog is trusted without a look at the store; `None` is for ever.
    trusted_for: Option<Duration>,
    aes_key: Option<AesKey>,
    dates: DateFormats,
    enabled_writers: EnabledWriters,
}

impl Catalogs {
    /// The catalogs of a META store.
    pub fn new(meta: Store, settings: &Settings, dates: DateFormats) -> Result<Self, NodeError> {
        let trusted_for = settings.cache.heart_beat.then(|| Duration::from_secs(settings.cache.heart_beat_seconds));
        Ok(Self { meta, entries: Mutex::default(), trusted_for, aes_key: aes_key(settings)?, dates, enabled_writers: writer::enabled(settings) })
    }

    /// Where the definitions are.
    pub(super) const fn meta(&self) -> &Store {
        &self.meta
    }

    /// Which types of external writers definitions may use.
    pub const fn enabled_writers(&self) -> &EnabledWriters {
        &self.enabled_writers
    }

    /// What tenants without a key of their own encrypt with.
    pub const fn aes_key(&self) -> Option<&AesKey> {
        self.aes_key.as_ref()
    }

    /// The catalog of a tenant, as it is now.
    pub async fn of(&self, tenant_id: &str) -> Result<Arc<TenantCatalog>, NodeError> {
        let known = self.entries.lock().ok().and_then(|entries| entries.get(tenant_id).cloned());
        if let Some(entry) = &known {
            if self.trusted_for.is_none_or(|time| entry.looked_at.elapsed() < time) {
                return Ok(Arc::clone(&entry.tenant));
            }
            let tenant = tenant_id.to_owned();
            let token = self.meta.read(move |session| Box::pin(async move { change_token(session, &tenant).await })).await??;
            if token == entry.tenant.token || entry.held_back.as_ref() == Some(&token) {
                self.keep_entry(tenant_id, Entry { looked_at: Instant::now(), ..entry.clone() });
                return Ok(Arc::clone(&entry.tenant));
            }
        }
        self.load(tenant_id).await
    }

    /// Loads the catalog of a tenant anew and swaps it in.
    pub async fn load(&self, tenant_id: &str) -> Result<Arc<TenantCatalog>, NodeError> {
        let compiled = Arc::new(self.compile_now(tenant_id).await?);
        self.keep(tenant_id, &compiled);
        Ok(compiled)
    }

    /// Compiles what the store holds of a tenant now, without using it yet.
    pub async fn compile_now(&self, tenant_id: &str) -> Result<TenantCatalog, NodeError> {
        let definitions = self.definitions_of(tenant_id).await?;
        self.compile_definitions(tenant_id, definitions)
    }

    /// Compiles what the store holds of a tenant now as it is defined, whatever its tables really hold: what tables are made
    /// by.
    pub async fn compile_as_defined(&self, tenant_id: &str) -> Result<TenantCatalog, NodeError> {
        let definitions = self.definitions_of(tenant_id).await?;
        self.compile_definitions(tenant_id, TenantDefinitions { real_columns: RealColumns::new(), ..definitions })
    }

    async fn definitions_of(&self, tenant_id: &str) -> Result<TenantDefinitions, NodeError> {
        let tenant = tenant_id.to_owned();
        let definitions = self.meta.read(move |session| Box::pin(async move { load_tenant(session, &tenant).await })).await??;
        definitions.ok_or_else(|| NodeError::TenantUnknown { tenant_id: tenant_id.to_owned() })
    }

    /// Keeps the catalog that is used until the tables of these definitions fit.
    pub fn hold_back(&self, tenant_id: &str, tenant: &TenantCatalog) {
        if let Some(entry) = self.entries.lock().ok().as_mut().and_then(|entries| entries.get_mut(tenant_id)) {
            entry.held_back = Some(tenant.token.clone());
        }
    }

    /// Puts a catalog in the place of the one that is used.
    pub fn swap_in(&self, tenant_id: &str, tenant: TenantCatalog) {
        self.keep(tenant_id, &Arc::new(tenant));
    }

    fn keep(&self, tenant_id: &str, tenant: &Arc<TenantCatalog>) {
        self.keep_entry(tenant_id, Entry { tenant: Arc::clone(tenant), looked_at: Instant::now(), held_back: None });
    }

    fn keep_entry(&self, tenant_id: &str, entry: Entry) {
        if let Ok(mut entries) = self.entries.lock() {
            entries.insert(tenant_id.to_owned(), entry);
        }
    }

    /// Compiles the definitions of a tenant.
    pub(super) fn compile_definitions(&self, tenant_id: &str, definitions: TenantDefinitions) -> Result<TenantCatalog, NodeError> {
        let mut source = definitions.catalog_source(self.aes_key.clone(), self.dates.clone())?;
        source.enabled_writers = self.enabled_writers.clone();
        let mut problems = definitions.problems();
        let catalog = Catalog::compile(source, &mut problems);
        for problem in problems.iter() {
            match problem.severity {
                Severity::Error => tracing::warn!(tenant_id, "{problem}"),
                // `lint` and `apply` tell them; here they would be told at every start.
                Severity::Warning => tracing::debug!(tenant_id, "{problem}"),
            }
        }
        let data_sources = definitions.data_sources.into_iter().map(|stored| (stored.tuple.data_source_id.clone(), stored.tuple)).collect();
        Ok(TenantCatalog { catalog: Arc::new(catalog), data_sources, token: definitions.token })
    }
}
