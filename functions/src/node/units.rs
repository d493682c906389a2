//! Units of work of the engine, with the connections that they need (engine.md §3.11, rules 1 and 2).
//!
//! Mostly that is one of the store on which the work is done. A unit that reaches other data sources takes one of each
//! before it begins, so that nobody waits for a connection while he has a transaction open.

use std::sync::Arc;
use std::time::Duration;

use nightowl_core::compile::Abroad;
use nightowl_core::engine::TriggerError;
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::port::{StoreError, UnitOfWork};
use nightowl_storage::sql::{self, SpanningUnit, SqlUnitOfWork};
use nightowl_storage::{BoxFuture, Store, Wanted, lend};

use super::claims::Sources;
use super::crossing::{Crossings, Place};
use super::{NodeError, OpenStore, Stores, TenantCatalog};

/// How long a unit of work waits for others that write the same data sources, and how long for its connections.
const WAIT: Duration = Duration::from_secs(5);

/// A store beside the home of a unit, with the data sources that it is.
struct Other {
    open: OpenStore,
    data_source_ids: Vec<Option<Arc<str>>>,
    reading: bool,
}

impl Other {
    fn wanted(&self) -> Wanted {
        Wanted { store: self.open.store.clone(), name: name_of(self.open.data_source_id.as_deref()), reading: self.reading }
    }
}

/// Runs a job on a unit of work of a store, to its end. Its pipelines may read and write topics of other data sources, too,
/// as far as those are named.
pub(super) async fn on_unit<T, F>(crossings: &Crossings, home: &Place, tenant_id: &str, abroad: &Abroad, job: F) -> Result<T, TriggerError>
where
    F: for<'u> FnOnce(&'u mut (dyn UnitOfWork + 'u)) -> BoxFuture<'u, Result<T, TriggerError>> + Send + 'static,
    T: Send + 'static,
{
    let others = match crossings.parts() {
        Some(parts) if !abroad.is_empty() => {
            let (tenant, stores) = (parts.catalogs.of(tenant_id).await.map_err(as_trigger_error)?, parts.stores().map_err(as_trigger_error)?);
            others(&stores, &tenant, home, abroad).await.map_err(as_trigger_error)?
        }
        _ => Vec::new(),
    };
    if others.is_empty() {
        return on_one(&home.store, job).await;
    }
    let written: Sources = others.iter().filter(|other| !other.reading).flat_map(|other| other.data_source_ids.iter().cloned()).collect();
    let claim =
        if written.is_empty() { None } else { Some(crossings.claims().claim(written.into_iter().chain([home.data_source_id.clone()]).collect(), WAIT).await?) };
    let at_home = Wanted { store: home.store.clone(), name: name_of(home.data_source_id.as_deref()), reading: false };
    let wanted: Vec<Wanted> = std::iter::once(at_home).chain(others.iter().map(Other::wanted)).collect();
    let mut sessions = lend(&wanted, WAIT).await?;
    let running = tokio::spawn(async move {
        let mut units = sessions.iter_mut().map(|session| SqlUnitOfWork::new(session));
        let Some(home) = units.next() else { return Err(internal("a unit of work has no home")) };
        let abroad = others.into_iter().zip(units).map(|(other, unit)| sql::Abroad::new(other.data_source_ids, unit)).collect();
        let mut unit = SpanningUnit::new(home, abroad);
        let done = job(&mut unit).await;
        drop(unit);
        drop(sessions);
        drop(claim);
        done
    });
    running.await.unwrap_or_else(|_| Err(internal("a unit of work on several data sources did not come to its end; it was rolled back")))
}

async fn on_one<T, F>(store: &Store, job: F) -> Result<T, TriggerError>
where
    F: for<'u> FnOnce(&'u mut (dyn UnitOfWork + 'u)) -> BoxFuture<'u, Result<T, TriggerError>> + Send + 'static,
    T: Send + 'static,
{
    let done = store.write(move |session| {
        Box::pin(async move {
            let mut unit = SqlUnitOfWork::new(session);
            job(&mut unit).await
        })
    });
    done.await?
}

/// The stores of other data sources. Those that are one database are one store, and none where that is the home's: they
/// would wait for each other's locks.
async fn others(stores: &Stores, tenant: &TenantCatalog, home: &Place, abroad: &Abroad) -> Result<Vec<Other>, NodeError> {
    let own = stores.of(tenant.data_source(home.data_source_id.as_deref())?).await?;
    let mut others: Vec<Other> = Vec::new();
    for (id, written) in abroad.sources() {
        let open = stores.of(tenant.data_source(id.as_deref())?).await?;
        if open.is_one_with(&own) {
            continue;
        }
        match others.iter_mut().find(|other| open.is_one_with(&other.open)) {
            Some(other) => {
                other.data_source_ids.push(id.clone());
                other.reading &= !written;
            }
            None => others.push(Other { open, data_source_ids: vec![id.clone()], reading: !written }),
        }
    }
    Ok(others)
}

fn name_of(data_source_id: Option<&str>) -> String {
    data_source_id.map_or_else(|| "the default store".to_owned(), |id| format!("data source \"{id}\""))
}

fn internal(reason: &str) -> TriggerError {
    TriggerError::Store(StoreError::Internal { reason: reason.to_owned() })
}

fn as_trigger_error(error: NodeError) -> TriggerError {
    match error {
        NodeError::Store(error) => TriggerError::Store(error),
        NodeError::DataSource { data_source_id, reason } => TriggerError::DataSource { data_source_id, reason },
        other if other.class() == ErrorClass::Retry => TriggerError::Store(StoreError::ConnectionFailed { reason: other.to_string() }),
        other => TriggerError::Store(StoreError::Unexpected { object: "a data source".to_owned(), reason: other.to_string() }),
    }
}
