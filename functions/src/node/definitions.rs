//! Changing definitions: META first, then tables, then the snapshot (storage.md §11.8, surface.md §21).

use std::collections::BTreeMap;
use std::sync::Arc;

use nightowl_core::compile::{Catalog, TopicPlan};
use nightowl_core::model::{Definitions, TopicKind};
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::apply::{ApplyOptions, Plan, apply};
use nightowl_storage::meta::{Edit, tenant_ids};
use nightowl_storage::sql::structure::{self, StructureStep};

use super::catalogs::TenantCatalog;
use super::{Node, NodeError};

/// What was done.
#[derive(Debug, Default)]
pub struct Applied {
    /// A line per tuple.
    pub plan: Plan,
    /// What was done to tables.
    pub steps: Vec<StructureStep>,
}

impl Node {
    /// Makes the store's definitions equal to these: in one transaction, then the tables of their topics, then the swap of
    /// the snapshots. A dry run does none of it.
    pub async fn apply(&self, definitions: Definitions, options: ApplyOptions, user_id: &str) -> Result<Applied, NodeError> {
        let dry_run = options.dry_run;
        let (at, at_utc, ids, user_id) = (self.clock.now(), self.clock.now_utc(), Arc::clone(&self.engine.ids), user_id.to_owned());
        let meta = &self.stores.default_store().store;
        let plan = meta
            .write(move |session| {
                Box::pin(async move {
                    let edit = Edit { user_id: &user_id, at, at_utc, ids: &*ids };
                    apply(session, &definitions, &options, &edit).await
                })
            })
            .await??;
        let mut applied = Applied { plan, steps: Vec::new() };
        if !dry_run {
            applied.steps = self.refresh().await?;
        }
        Ok(applied)
    }

    /// Loads every tenant's definitions anew, brings its tables up to date and swaps its snapshot in.
    pub async fn refresh(&self) -> Result<Vec<StructureStep>, NodeError> {
        let meta = &self.stores.default_store().store;
        let tenants = meta.read(|session| Box::pin(async move { tenant_ids(session).await })).await??;
        let mut steps = Vec::new();
        for tenant_id in tenants {
            let tenant = self.catalogs.compile_now(&tenant_id).await?;
            steps.extend(self.prepare_tables(&tenant).await?);
            self.catalogs.swap_in(&tenant_id, tenant);
        }
        Ok(steps)
    }

    async fn prepare_tables(&self, tenant: &TenantCatalog) -> Result<Vec<StructureStep>, NodeError> {
        let mut by_source: BTreeMap<Option<String>, Vec<Arc<TopicPlan>>> = BTreeMap::new();
        for topic in stored_topics(&tenant.catalog) {
            by_source.entry(topic.data_source_id.as_ref().map(ToString::to_string)).or_default().push(Arc::clone(topic));
        }
        let mut steps = Vec::new();
        for (source, topics) in by_source {
            let store = self.stores.of(tenant.data_source(source.as_deref())?).await?;
            let mode = self.sync;
            let done = store.store.write(move |session| {
                Box::pin(async move {
                    let topics: Vec<&TopicPlan> = topics.iter().map(|topic| &**topic).collect();
                    structure::apply(session, &topics, mode).await
                })
            });
            steps.extend(done.await??);
        }
        Ok(steps)
    }
}

/// The topics that have a table: not synonyms, and not system topics without a data source (engine.md §5.2).
fn stored_topics(catalog: &Catalog) -> impl Iterator<Item = &Arc<TopicPlan>> {
    catalog.topics().filter(|topic| match topic.kind {
        TopicKind::Business => true,
        TopicKind::System => topic.data_source_id.is_some(),
        TopicKind::Synonym => false,
    })
}
