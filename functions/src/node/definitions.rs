//! Changing definitions: META first, then tables, then the snapshot (storage.md §11.8, surface.md §21).

use std::collections::BTreeMap;
use std::sync::Arc;

use nightowl_core::compile::{Catalog, TopicPlan};
use nightowl_core::model::builtin::is_built_in;
use nightowl_core::model::{Definitions, Tenant, TopicKind};
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::apply::{ApplyOptions, Change, Plan, apply, apply_in_transaction};
use nightowl_storage::meta::{Edit, MetaError, MetaTuple as _, begin, finish, tenant_ids};
use nightowl_storage::sql::SqlSession;
use nightowl_storage::sql::structure::{self, StructureStep};

use super::catalogs::TenantCatalog;
use super::monitor_topics::create_missing;
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
        let (dry_run, creates_monitor_topics) = (options.dry_run, self.creates_monitor_topics);
        let (at, at_utc, ids, user_id) = (self.clock.now(), self.clock.now_utc(), Arc::clone(&self.engine.ids), user_id.to_owned());
        let meta = &self.stores.default_store().store;
        let plan = meta
            .write(move |session| {
                Box::pin(async move {
                    let edit = Edit { user_id: &user_id, at, at_utc, ids: &*ids };
                    if options.dry_run {
                        return apply(session, &definitions, &options, &edit).await;
                    }
                    begin(session).await?;
                    let done = apply_all(session, &definitions, &options, &edit, creates_monitor_topics).await;
                    finish(session, done).await
                })
            })
            .await??;
        let mut applied = Applied { plan, steps: Vec::new() };
        if !dry_run {
            applied.steps = self.refresh().await?;
        }
        Ok(applied)
    }

    /// Gives a tenant the monitor topics and their pipeline, as far as it has none of their name.
    pub async fn create_monitor_topics(&self, tenant_id: &str, user_id: &str) -> Result<(), NodeError> {
        let (at, at_utc, ids, user_id) = (self.clock.now(), self.clock.now_utc(), Arc::clone(&self.engine.ids), user_id.to_owned());
        let tenant_id = tenant_id.to_owned();
        let meta = &self.stores.default_store().store;
        let made = meta.write(move |session| {
            Box::pin(async move {
                let edit = Edit { user_id: &user_id, at, at_utc, ids: &*ids };
                begin(session).await?;
                let made = create_missing(session, &tenant_id, &edit).await;
                finish(session, made).await
            })
        });
        Ok(made.await??)
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

/// Applies definitions, and gives each tenant that they made the monitor topics, in one transaction that the caller ends.
async fn apply_all(
    session: &mut dyn SqlSession,
    definitions: &Definitions,
    options: &ApplyOptions,
    edit: &Edit<'_>,
    creates_monitor_topics: bool,
) -> Result<Plan, MetaError> {
    let plan = apply_in_transaction(session, definitions, options, edit).await?;
    if creates_monitor_topics {
        for tenant in plan.items.iter().filter(|item| item.kind == Tenant::KIND && item.change == Change::Create) {
            create_missing(session, &tenant.id, edit).await?;
        }
    }
    Ok(plan)
}

/// The topics that have a table: not synonyms, and not built-in system topics without a data source (engine.md §5.2).
fn stored_topics(catalog: &Catalog) -> impl Iterator<Item = &Arc<TopicPlan>> {
    catalog.topics().filter(|topic| match topic.kind {
        TopicKind::Business => true,
        TopicKind::System => topic.data_source_id.is_some() || !is_built_in(&topic.name, topic.kind),
        TopicKind::Synonym => false,
    })
}
