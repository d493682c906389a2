//! Where a job on a store runs: here, or on a SQLite database that vanishes.

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::UnitOfWork;
use nightowl_storage::sql::structure::{self, SyncMode};
use nightowl_storage::sql::{SqlUnitOfWork, tables};
use nightowl_storage::{BoxFuture, Store, StoreOptions};
use tokio::runtime::Builder;

/// Runs a future to its end on this thread.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Runs a job on an empty SQLite database that has the tables of these topics.
pub fn on_sqlite<T: Send + 'static>(topics: Vec<Arc<TopicPlan>>, job: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, T> + Send + 'static) -> T {
    run(async {
        let store = Store::open("sqlite::memory:", &StoreOptions::default()).unwrap();
        let outcome = store.write(move |session| {
            Box::pin(async move {
                let plans: Vec<&TopicPlan> = topics.iter().map(AsRef::as_ref).collect();
                tables::prepare(session).await.unwrap();
                structure::apply(session, &plans, SyncMode::Safe).await.unwrap();
                job(&mut SqlUnitOfWork::new(session)).await
            })
        });
        let outcome = outcome.await.unwrap();
        store.close().await.unwrap();
        outcome
    })
}
