//! Where a job on a store runs: on a SQLite database that vanishes, or on a server.

use std::sync::Arc;

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::UnitOfWork;
use nightowl_storage::sql::structure::{self, SyncMode};
use nightowl_storage::sql::{SqlUnitOfWork, tables};
use nightowl_storage::{BoxFuture, Store, StoreOptions};
use tokio::runtime::Builder;

use crate::servers::Server;

/// Runs a future to its end on this thread.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Runs a job on an empty SQLite database that has the tables of these topics.
pub fn on_sqlite<T: Send + 'static>(topics: Vec<Arc<TopicPlan>>, job: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, T> + Send + 'static) -> T {
    run(on_url("sqlite::memory:", topics, job))
}

/// Runs a job in an empty place of a server that has the tables of these topics. None where the server can not be had.
pub fn on_server<T: Send + 'static>(
    server: Server,
    topics: Vec<Arc<TopicPlan>>,
    job: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, T> + Send + 'static,
) -> Option<T> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = server.fresh().await?;
        Some(on_url(&url, topics, job).await)
    })
}

async fn on_url<T: Send + 'static>(
    url: &str,
    topics: Vec<Arc<TopicPlan>>,
    job: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, T> + Send + 'static,
) -> T {
    let store = Store::open(url, &StoreOptions::default()).unwrap();
    let outcome = store.write(move |session| {
        Box::pin(async move {
            let plans: Vec<&TopicPlan> = topics.iter().map(AsRef::as_ref).collect();
            tables::prepare(session).await.unwrap();
            structure::apply(session, &plans, SyncMode::Safe).await.unwrap().checked().unwrap();
            job(&mut SqlUnitOfWork::new(session)).await
        })
    });
    let outcome = outcome.await.unwrap();
    store.close().await.unwrap();
    outcome
}
