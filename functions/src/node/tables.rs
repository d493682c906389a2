//! The tables of all tenants' topics, store by store (storage.md §11.8).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightowl_core::compile::{Catalog, TopicPlan};
use nightowl_core::model::builtin::is_built_in;
use nightowl_core::model::{DataSource, TopicKind};
use nightowl_core::port::StoreError;
use nightowl_storage::Store;
use nightowl_storage::meta::{begin, finish, note_real_columns, tenant_ids};
use nightowl_storage::sql::structure::{self, SyncMode, Synced};

use super::catalogs::TenantCatalog;
use super::{Node, NodeError};

/// What was planned or done in one store.
#[derive(Debug)]
pub struct StoreTables {
    /// The data source; `None` is the default store.
    pub data_source_id: Option<String>,
    /// The steps of its tables, and the tables that do not fit.
    pub synced: Synced,
}

/// The topics of one store, of all tenants.
#[derive(Debug, Default)]
pub(super) struct Topics {
    pub(super) source: Option<DataSource>,
    topics: Vec<Arc<TopicPlan>>,
}

/// The topics of each store, the default store first. A topic on a data source that does not exist belongs to none.
pub(super) fn by_store(tenants: &[TenantCatalog]) -> Vec<Topics> {
    let mut by_source: BTreeMap<Option<String>, Topics> = BTreeMap::from([(None, Topics::default())]);
    for tenant in tenants {
        for topic in kept_topics(&tenant.catalog) {
            match tenant.data_source(topic.data_source_id.as_deref()) {
                Ok(source) => {
                    let id = source.map(|source| source.data_source_id.clone());
                    let of_store = by_source.entry(id).or_insert_with(|| Topics { source: source.cloned(), topics: Vec::new() });
                    of_store.topics.push(Arc::clone(topic));
                }
                Err(error) => tracing::warn!(topic = &*topic.name, %error, "a topic has no store"),
            }
        }
    }
    by_source.into_values().collect()
}

/// The topics that have a table: not those in stores of objects, and not built-in system topics without a data source (engine.md §5.2).
fn kept_topics(catalog: &Catalog) -> impl Iterator<Item = &Arc<TopicPlan>> {
    catalog
        .topics()
        .filter(|topic| topic.archive.is_none())
        .filter(|topic| topic.kind != TopicKind::System || topic.data_source_id.is_some() || !is_built_in(&topic.name, topic.kind))
}

impl Topics {
    /// The id of the data source.
    pub(super) fn data_source_id(&self) -> Option<String> {
        self.source.as_ref().map(|source| source.data_source_id.clone())
    }

    /// The steps that the tables need; nothing is done.
    pub(super) async fn plan(&self, store: &Store, mode: SyncMode) -> Result<Synced, StoreError> {
        let topics = self.topics.clone();
        let planned = store.read(move |session| {
            Box::pin(async move {
                let topics: Vec<&TopicPlan> = topics.iter().map(|topic| &**topic).collect();
                structure::plan(session, &topics, mode).await
            })
        });
        planned.await?
    }

    async fn apply(&self, store: &Store, mode: SyncMode) -> Result<Synced, StoreError> {
        let topics = self.topics.clone();
        let done = store.write(move |session| {
            Box::pin(async move {
                let topics: Vec<&TopicPlan> = topics.iter().map(|topic| &**topic).collect();
                structure::apply(session, &topics, mode).await
            })
        });
        done.await?
    }

    fn tables(&self) -> Vec<String> {
        self.topics.iter().map(|topic| topic.table.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The tenants whose topics do not fit their tables.
    fn held_back<'a>(&'a self, synced: &'a Synced) -> impl Iterator<Item = String> + 'a {
        let is_refused = |topic: &&Arc<TopicPlan>| synced.refused.iter().any(|refusal| refusal.table == topic.table);
        self.topics.iter().filter(is_refused).map(|topic| topic.tenant_id.to_string())
    }
}

impl Node {
    /// Loads every tenant's definitions anew, brings all tables up to date and swaps the snapshots in: each tenant's whose
    /// tables fit; another one keeps the snapshot that it has (storage.md D11).
    pub async fn bring_up(&self, mode: SyncMode) -> Result<Vec<StoreTables>, NodeError> {
        let meta = &self.stores.default_store().store;
        let mut tenants = Vec::new();
        for tenant_id in meta.read(|session| Box::pin(async move { tenant_ids(session).await })).await?? {
            tenants.push(self.catalogs.compile_as_defined(&tenant_id).await?);
        }
        let (mut done, mut held_back) = (Vec::new(), BTreeSet::new());
        for topics in by_store(&tenants) {
            let store = match self.stores.of(topics.source.as_ref()).await {
                Ok(store) => store,
                // One that can not be opened by this version is kept, and told of whenever its topics are used.
                Err(error @ NodeError::DataSource { .. }) => {
                    tracing::warn!(%error, "the tables of a data source are left as they are");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let synced = topics.apply(&store.store, mode).await?;
            held_back.extend(topics.held_back(&synced));
            self.note(&topics, &synced).await?;
            done.push(StoreTables { data_source_id: topics.data_source_id(), synced });
        }
        for tenant in tenants {
            let tenant_id = tenant.catalog.tenant_id().to_string();
            if held_back.contains(&tenant_id) {
                self.catalogs.hold_back(&tenant_id, &tenant);
            } else {
                let tenant = self.catalogs.compile_now(&tenant_id).await?;
                self.catalogs.swap_in(&tenant_id, tenant);
            }
        }
        Ok(done)
    }

    /// Notes what the columns of adopted tables and of synonyms really hold.
    async fn note(&self, topics: &Topics, synced: &Synced) -> Result<(), NodeError> {
        let (source, tables, real) = (topics.data_source_id(), topics.tables(), synced.real.clone());
        let noted = self.stores.default_store().store.write(move |session| {
            Box::pin(async move {
                begin(session).await?;
                let noted = note_real_columns(session, source.as_deref(), &tables, &real).await;
                finish(session, noted).await
            })
        });
        noted.await??;
        Ok(())
    }
}
