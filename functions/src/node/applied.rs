//! What was applied for other data sources is forgotten once nobody can ask for it any more (storage.md §15.6).

use std::sync::Arc;
use std::time::Duration;

use nightowl_storage::Store;
use nightowl_storage::meta::tenant_ids;
use nightowl_storage::sql::pending::{applied_before, forget_applied, still_pending};
use tokio::task::JoinHandle;

use super::{Catalogs, NodeError, Stores};

/// How long a note is kept at least, in days.
const KEEP_DAYS: u32 = 7;
/// How many notes one statement takes away.
const STEP: u32 = 200;
/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(3_600);

/// The task that forgets; it ends with this.
#[derive(Debug)]
pub(super) struct AppliedKeeper(JoinHandle<()>);

impl AppliedKeeper {
    /// Starts the task on the current tokio runtime.
    pub(super) fn start(stores: Arc<Stores>, catalogs: Arc<Catalogs>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                match forget(&stores, &catalogs, KEEP_DAYS).await {
                    Ok(0) => {}
                    Ok(count) => tracing::debug!(count, "notes of applied work were taken away"),
                    Err(error) => tracing::info!(%error, "notes of applied work stay until every data source can be asked"),
                }
            }
        }))
    }
}

impl Drop for AppliedKeeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Takes notes away that are older than so many days and whose pending row is gone from every store. Gives how many. Where
/// one of the stores can not be asked, none is taken away.
pub(super) async fn forget(stores: &Stores, catalogs: &Catalogs, days: u32) -> Result<u64, NodeError> {
    let meta = &stores.default_store().store;
    for tenant_id in meta.read(|session| Box::pin(async move { tenant_ids(session).await })).await?? {
        for source in catalogs
            .of(&tenant_id)
            .await?
            .data_sources
            .values()
            .filter(|source| source.data_source_type.can_be_opened() && !source.data_source_type.is_object_store())
        {
            stores.of(Some(source)).await?;
        }
    }
    let all: Vec<Store> = stores.open().into_iter().map(|open| open.store).collect();
    let mut forgotten = 0;
    for store in &all {
        let mut after = 0;
        loop {
            let mut old = store.read(move |session| Box::pin(async move { applied_before(session, days, after, STEP).await })).await??;
            let Some(last) = old.last() else { break };
            after = *last;
            for other in &all {
                let asked = old.clone();
                let waiting = other.read(move |session| Box::pin(async move { still_pending(session, &asked).await })).await??;
                old.retain(|id| !waiting.contains(id));
            }
            forgotten += store.write(move |session| Box::pin(async move { forget_applied(session, &old).await })).await??;
        }
    }
    Ok(forgotten)
}
