//! Changing definitions: META first, then tables, then the snapshot (storage.md §11.8, surface.md §21).

use std::sync::Arc;

use nightowl_core::compile::RealColumns;
use nightowl_core::model::{Definitions, Tenant};
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::apply::{ApplyOptions, Change, Plan, apply_in_transaction};
use nightowl_storage::meta::{Edit, MetaError, MetaTuple as _, TenantDefinitions, begin, finish, load_tenant, tenant_ids};
use nightowl_storage::sql::SqlSession;

use super::catalogs::TenantCatalog;
use super::monitor_topics::create_missing;
use super::tables::{self, StoreTables};
use super::{Node, NodeError};

/// What was done.
#[derive(Debug, Default)]
pub struct Applied {
    /// A line per tuple.
    pub plan: Plan,
    /// What was done to tables, store by store.
    pub stores: Vec<StoreTables>,
}

impl Node {
    /// Makes the store's definitions equal to these: in one transaction, then the tables of their topics, then the swap of
    /// the snapshots. A dry run does none of it.
    pub async fn apply(&self, definitions: Definitions, options: ApplyOptions, user_id: &str) -> Result<Applied, NodeError> {
        let options = ApplyOptions { seal: options.seal.or_else(|| self.seal.clone()), ..options };
        let (dry_run, creates_monitor_topics) = (options.dry_run, self.creates_monitor_topics);
        let (at, at_utc, ids, user_id) = (self.clock.now(), self.clock.now_utc(), Arc::clone(&self.engine.ids), user_id.to_owned());
        let meta = &self.stores.default_store().store;
        if dry_run {
            let tried = meta.write(move |session| {
                Box::pin(async move {
                    let edit = Edit { user_id: &user_id, at, at_utc, ids: &*ids };
                    try_out(session, &definitions, &options, &edit).await
                })
            });
            let (plan, tenants) = tried.await??;
            return Ok(Applied { plan, stores: self.look_at_tables(tenants).await? });
        }
        let applied = meta.write(move |session| {
            Box::pin(async move {
                let edit = Edit { user_id: &user_id, at, at_utc, ids: &*ids };
                begin(session).await?;
                let done = apply_all(session, &definitions, &options, &edit, creates_monitor_topics).await;
                finish(session, done).await
            })
        });
        let plan = applied.await??;
        Ok(Applied { plan, stores: self.refresh().await? })
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

    /// Brings all tables up to date as `storage.sync` says and swaps the snapshots in.
    pub async fn refresh(&self) -> Result<Vec<StoreTables>, NodeError> {
        self.bring_up(self.sync).await
    }

    /// What would be done to the tables of these definitions.
    async fn look_at_tables(&self, definitions: Vec<(String, TenantDefinitions)>) -> Result<Vec<StoreTables>, NodeError> {
        let tenants: Result<Vec<TenantCatalog>, NodeError> =
            definitions.into_iter().map(|(tenant_id, definitions)| self.catalogs.compile_definitions(&tenant_id, definitions)).collect();
        let mut planned = Vec::new();
        for topics in tables::by_store(&tenants?) {
            let store = match self.stores.look_at(topics.source.as_ref()) {
                Err(NodeError::DataSource { .. }) => continue,
                store => store?,
            };
            planned.push(StoreTables { data_source_id: topics.data_source_id(), synced: topics.plan(&store, self.sync).await? });
        }
        Ok(planned)
    }
}

/// Applies definitions, tells what all tenants would have then, and undoes it.
async fn try_out(
    session: &mut dyn SqlSession,
    definitions: &Definitions,
    options: &ApplyOptions,
    edit: &Edit<'_>,
) -> Result<(Plan, Vec<(String, TenantDefinitions)>), MetaError> {
    begin(session).await?;
    let tried = async {
        let plan = apply_in_transaction(session, definitions, options, edit).await?;
        let mut tenants = Vec::new();
        for tenant_id in tenant_ids(session).await? {
            let loaded = load_tenant(session, &tenant_id).await?;
            tenants.extend(loaded.map(|loaded| (tenant_id, TenantDefinitions { real_columns: RealColumns::new(), ..loaded })));
        }
        Ok((plan, tenants))
    }
    .await;
    session.execute("ROLLBACK", &[]).await?;
    tried
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
