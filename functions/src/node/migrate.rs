//! What a store lacks of this version: META, the tables of ours, the tables of topics (surface.md §21 `migrate`).

use nightowl_config::Settings;
use nightowl_core::port::StoreError;
use nightowl_storage::Store;
use nightowl_storage::meta::{plan_schema, tenant_ids};
use nightowl_storage::sql::structure::{SyncMode, Synced};
use nightowl_storage::sql::tables::{TableStep, missing_steps};

use super::catalogs::Catalogs;
use super::data_source_url::Addresses;
use super::open::store_options;
use super::stores::look_at;
use super::tables::by_store;
use super::{NodeError, NodeOptions, engine_settings};

/// What is missing.
#[derive(Debug, Default)]
pub struct Migration {
    /// The statements that bring META up to date.
    pub meta: Vec<String>,
    /// The steps of each store, the default store first.
    pub stores: Vec<StoreSteps>,
}

/// The steps of one store.
#[derive(Debug, Default)]
pub struct StoreSteps {
    /// The data source; `None` is the default store.
    pub data_source_id: Option<String>,
    /// The steps towards the tables of ours.
    pub own: Vec<TableStep>,
    /// The steps of topics' tables, and the tables that do not fit.
    pub synced: Synced,
    /// Why it could not be looked at.
    pub away: Option<String>,
}

/// What is missing in the stores of the settings. Nothing is done to them: where META is missing, no topics are known.
pub async fn plan_migration(settings: &Settings, mode: SyncMode) -> Result<Migration, NodeError> {
    let options = store_options(settings, &NodeOptions::default());
    let default = look_at(settings.storage.url.expose(), &options)?;
    let change = default.read(|session| Box::pin(async move { plan_schema(session).await })).await??;
    let mut migration = Migration { meta: change.statements, stores: Vec::new() };
    let mut tenants = Vec::new();
    if !change.created {
        let catalogs = Catalogs::new(default.clone(), settings, engine_settings(settings)?.dates)?;
        for tenant_id in default.read(|session| Box::pin(async move { tenant_ids(session).await })).await?? {
            tenants.push(catalogs.compile_as_defined(&tenant_id).await?);
        }
    }
    let addresses = Addresses::of(settings)?;
    for topics in by_store(&tenants) {
        let mut steps = StoreSteps { data_source_id: topics.data_source_id(), ..StoreSteps::default() };
        let store = match &topics.source {
            None => Ok(default.clone()),
            Some(source) => match addresses.url_of(source) {
                Ok(url) => Ok(look_at(&url, &options)?),
                Err(reason) => Err(reason),
            },
        };
        match store {
            Ok(store) => {
                steps.own = missing(&store).await?;
                steps.synced = topics.plan(&store, mode).await?;
                if steps.data_source_id.is_some() {
                    store.close().await?;
                }
            }
            Err(reason) => steps.away = Some(reason),
        }
        migration.stores.push(steps);
    }
    default.close().await?;
    Ok(migration)
}

async fn missing(store: &Store) -> Result<Vec<TableStep>, StoreError> {
    store.read(|session| Box::pin(async move { missing_steps(session).await })).await?
}
