//! Every store of ours passes the conformance suite.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::UnitOfWork;
use nightowl_storage::memory::MemoryStore;
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::sql::structure::{self, SyncMode};
use nightowl_storage::{BoxFuture, Store, StoreOptions};
use nightowl_tests::conformance::{rows, topics};
use nightowl_tests::for_each_conformance_function;
use nightowl_tests::servers::Server;

/// A function of the suite.
type Function = for<'a> fn(&'a mut dyn UnitOfWork) -> BoxFuture<'a, ()>;

async fn in_memory(function: Function) {
    function(&mut MemoryStore::new()).await;
}

async fn on_sql(url: &str, function: Function) {
    let store = Store::open(url, &StoreOptions::default()).unwrap();
    let job = store.write(move |session| {
        Box::pin(async move {
            let plans = topics::all();
            let plans: Vec<&TopicPlan> = plans.iter().map(AsRef::as_ref).collect();
            structure::apply(session, &plans, SyncMode::Safe).await.unwrap().checked().unwrap();
            function(&mut SqlUnitOfWork::new(session)).await;
        })
    });
    job.await.unwrap();
    store.close().await.unwrap();
}

async fn on_sqlite_file(function: Function) {
    let folder = tempfile::tempdir().unwrap();
    on_sql(&format!("sqlite://{}", folder.path().join("store.db").display()), function).await;
}

async fn on_server(server: Server, function: Function) {
    if let Some(url) = server.fresh().await {
        on_sql(&url, function).await;
    }
}

macro_rules! on_every_store {
    ($module:ident, $function:ident) => {
        mod $function {
            use super::{Function, Server, UnitOfWork, in_memory, on_server, on_sql, on_sqlite_file};

            const FUNCTION: Function = |unit: &mut dyn UnitOfWork| Box::pin(nightowl_tests::conformance::$module::$function(unit));

            #[tokio::test]
            async fn memory() {
                in_memory(FUNCTION).await;
            }

            #[tokio::test]
            async fn sqlite_memory() {
                on_sql("sqlite::memory:", FUNCTION).await;
            }

            #[tokio::test]
            async fn sqlite_file() {
                on_sqlite_file(FUNCTION).await;
            }

            #[tokio::test]
            async fn postgres() {
                on_server(Server::Postgres, FUNCTION).await;
            }

            #[tokio::test]
            async fn mariadb() {
                on_server(Server::Mariadb, FUNCTION).await;
            }

            #[tokio::test]
            async fn mysql() {
                on_server(Server::Mysql, FUNCTION).await;
            }
        }
    };
}

for_each_conformance_function!(on_every_store);

#[tokio::test]
async fn documents_keep_keys_and_digits() {
    const FUNCTION: Function = |unit: &mut dyn UnitOfWork| Box::pin(rows::documents_keep_keys_and_digits(unit));
    in_memory(FUNCTION).await;
    on_sqlite_file(FUNCTION).await;
    on_server(Server::Postgres, FUNCTION).await;
    on_server(Server::Mariadb, FUNCTION).await;
}

#[tokio::test]
async fn mysql_keeps_of_documents_what_doubles_keep() {
    on_server(Server::Mysql, |unit| Box::pin(rows::documents_keep_what_doubles_keep(unit))).await;
}

#[tokio::test]
async fn moments_keep_six_digits() {
    const FUNCTION: Function = |unit: &mut dyn UnitOfWork| Box::pin(rows::moments_keep_six_digits(unit));
    in_memory(FUNCTION).await;
    on_sql("sqlite::memory:", FUNCTION).await;
    on_server(Server::Postgres, FUNCTION).await;
}

#[tokio::test]
async fn mariadb_cuts_moments_to_three_digits() {
    on_server(Server::Mariadb, |unit| Box::pin(rows::moments_are_cut_to_three_digits(unit))).await;
}

#[tokio::test]
async fn mysql_cuts_moments_to_three_digits() {
    on_server(Server::Mysql, |unit| Box::pin(rows::moments_are_cut_to_three_digits(unit))).await;
}
