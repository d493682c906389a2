//! What a store holds after a test, whatever the store: rows, logs, headers, pending work, in a form that can be compared.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightowl_core::compile::{Catalog, ColumnKind, TopicPlan};
use nightowl_core::port::{Criterion, Query, UnitOfWork};
use nightowl_core::value::{JsonStyle, Value, json::to_json, text_form};
use nightowl_storage::memory::MemoryStore;
use nightowl_storage::sql::structure::{self, SyncMode};
use nightowl_storage::sql::{SqlSession, SqlUnitOfWork, tables, unpack};
use nightowl_storage::{BoxFuture, Store, StoreOptions};

use crate::stage::TENANT;

/// A monitor log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLog {
    /// Its pipeline.
    pub pipeline: String,
    /// `DONE` or `ERROR`.
    pub status: String,
    /// Whether its run was undone.
    pub rolled_back: bool,
    /// Its compact form.
    pub body: String,
}

/// The header of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenTrigger {
    /// Whether a row was kept.
    pub has_row: bool,
    /// `pending`, `done`, `error`.
    pub status: String,
    /// As it is stored.
    pub failed: String,
    /// The data, where they are kept.
    pub payload: Option<String>,
}

/// A unit of work whose store can be looked into.
#[async_trait]
pub trait Witness: UnitOfWork {
    /// The logs, in the order of their ids.
    async fn logs(&mut self) -> Vec<SeenLog>;
    /// The headers, in the order of their ids.
    async fn triggers(&mut self) -> Vec<SeenTrigger>;
    /// How much work is pending.
    async fn pending(&mut self) -> usize;
    /// How many details there are.
    async fn details(&mut self) -> usize;
}

#[async_trait]
impl Witness for MemoryStore {
    async fn logs(&mut self) -> Vec<SeenLog> {
        let seen = |log: &nightowl_core::port::LogRow| SeenLog {
            pipeline: log.pipeline_id.clone(),
            status: log.status.to_owned(),
            rolled_back: log.rolled_back,
            body: log.body.clone(),
        };
        Self::logs(self).map(seen).collect()
    }

    async fn triggers(&mut self) -> Vec<SeenTrigger> {
        let seen = |header: &nightowl_core::port::TriggerHeader| SeenTrigger {
            has_row: header.data_id.is_some(),
            status: header.status.as_str().to_owned(),
            failed: header.failed_pipeline_ids.join(","),
            payload: header.payload.clone(),
        };
        Self::triggers(self).map(seen).collect()
    }

    async fn pending(&mut self) -> usize {
        Self::pending(self).count()
    }

    async fn details(&mut self) -> usize {
        Self::details(self).count()
    }
}

const TEXT: ColumnKind = ColumnKind::Text { length: u32::MAX };

const BIG: ColumnKind = ColumnKind::Integer { bits: 64 };

/// The cells of a query as texts; null is `None`.
async fn texts(unit: &mut SqlUnitOfWork<'_>, sql: &str, columns: &[ColumnKind]) -> Vec<Vec<Option<String>>> {
    let rows = unit.session().query(sql, &[], columns).await.unwrap();
    let cell = |value: Value| (!value.is_null()).then(|| text_form(&value).into_owned());
    rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
}

async fn count(unit: &mut SqlUnitOfWork<'_>, table: &str) -> usize {
    texts(unit, &format!("SELECT COUNT(*) FROM {table}"), &[BIG]).await.remove(0).remove(0).unwrap().parse().unwrap()
}

#[async_trait]
impl Witness for SqlUnitOfWork<'_> {
    async fn logs(&mut self) -> Vec<SeenLog> {
        let sql = "SELECT pipeline_id, status, rolled_back, body FROM nightowl_logs ORDER BY uid";
        let seen = |row: Vec<Option<String>>| {
            let [pipeline, status, rolled_back, body] = <[_; 4]>::try_from(row).unwrap().map(Option::unwrap_or_default);
            SeenLog { pipeline, status, rolled_back: rolled_back == "true", body: unpack("nightowl_logs", body).unwrap() }
        };
        texts(self, sql, &[TEXT, TEXT, ColumnKind::Boolean, TEXT]).await.into_iter().map(seen).collect()
    }

    async fn triggers(&mut self) -> Vec<SeenTrigger> {
        let sql = "SELECT data_id, status, failed_pipeline_ids, payload FROM nightowl_triggers ORDER BY trigger_id";
        let seen = |row: Vec<Option<String>>| {
            let [data_id, status, failed, payload] = <[_; 4]>::try_from(row).unwrap();
            let failed: Vec<String> = failed.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
            SeenTrigger { has_row: data_id.is_some(), status: status.unwrap(), failed: failed.join(","), payload }
        };
        texts(self, sql, &[BIG, TEXT, TEXT, TEXT]).await.into_iter().map(seen).collect()
    }

    async fn pending(&mut self) -> usize {
        count(self, "nightowl_pending").await
    }

    async fn details(&mut self) -> usize {
        count(self, "nightowl_trace_details").await
    }
}

/// The rows of a topic as JSON texts of their factors, in the order of their ids.
pub async fn rows(unit: &mut dyn UnitOfWork, topic: &Arc<TopicPlan>, factors: &[&str]) -> Vec<String> {
    let query = Query { topic, tenant_id: TENANT, criterion: Criterion::Always(true), limit: usize::MAX >> 1, lock: false };
    let found = unit.find(&query).await.unwrap();
    let cell = |row: &nightowl_core::value::Object, name: &str| row.get(name).map_or_else(String::new, |value| text_form(value).into_owned());
    found.iter().map(|row| factors.iter().map(|name| cell(row, name)).collect::<Vec<_>>().join(" ")).collect()
}

/// Everything that a store holds, as one text: ids are replaced by their rank.
pub async fn everything(unit: &mut dyn Witness, catalog: &Catalog) -> String {
    let mut text = String::new();
    for topic in catalog.topics() {
        let query = Query { topic, tenant_id: TENANT, criterion: Criterion::Always(true), limit: usize::MAX >> 1, lock: false };
        for row in unit.find(&query).await.unwrap() {
            text.push_str(&format!("{} {}\n", topic.name, to_json(&Value::Object(row), JsonStyle::Wire)));
        }
    }
    for log in unit.logs().await {
        text.push_str(&format!("{log:?}\n"));
    }
    for trigger in unit.triggers().await {
        text.push_str(&format!("{trigger:?}\n"));
    }
    text.push_str(&format!("pending {}\n", unit.pending().await));
    ranked(&text)
}

/// A text with each number of ten digits replaced by its rank among all of them.
fn ranked(text: &str) -> String {
    let runs = |text: &str| text.split(|letter: char| !letter.is_ascii_digit()).filter(|run| run.len() == 10).map(str::to_owned).collect::<Vec<_>>();
    let mut ids = runs(text);
    ids.sort();
    ids.dedup();
    let ranks: BTreeMap<&String, usize> = ids.iter().zip(0..).collect();
    let mut out = text.to_owned();
    for (id, rank) in ranks {
        out = out.replace(id, &format!("#{rank}"));
    }
    out
}

/// Runs a test on the in-memory store, and on SQLite with the tables of a catalog.
pub async fn on_both<F>(catalog: &Arc<Catalog>, test: F)
where
    F: for<'a> Fn(&'a mut dyn Witness) -> BoxFuture<'a, ()> + Send + Sync + 'static,
{
    test(&mut MemoryStore::new()).await;
    on_sqlite(catalog, move |unit| Box::pin(async move { test(unit).await })).await;
}

/// Runs a job on a fresh SQLite store with the tables of a catalog.
pub async fn on_sqlite<T, F>(catalog: &Arc<Catalog>, job: F) -> T
where
    F: for<'a> FnOnce(&'a mut dyn Witness) -> BoxFuture<'a, T> + Send + 'static,
    T: Send + 'static,
{
    let store = prepared("sqlite::memory:", catalog).await;
    store.write(move |session| Box::pin(async move { job(&mut SqlUnitOfWork::new(session)).await })).await.unwrap()
}

/// An empty store with the tables of a catalog.
pub async fn prepared(url: &str, catalog: &Arc<Catalog>) -> Store {
    let store = Store::open(url, &StoreOptions::default()).unwrap();
    let catalog = Arc::clone(catalog);
    let done = store.write(move |session| {
        Box::pin(async move {
            tables::prepare(session).await.unwrap();
            let topics: Vec<&TopicPlan> = catalog.topics().map(AsRef::as_ref).collect();
            structure::apply(session, &topics, SyncMode::Safe).await.unwrap().checked().unwrap();
        })
    });
    done.await.unwrap();
    store
}

/// Takes away what tests left in a store.
pub async fn emptied(session: &mut dyn SqlSession, catalog: &Catalog) {
    let ours = ["nightowl_triggers", "nightowl_marks", "nightowl_logs", "nightowl_trace_details", "nightowl_pending", "nightowl_applied"].map(str::to_owned);
    let topics = catalog.topics().map(|topic| session.dialect().quoted(&topic.table));
    for table in topics.chain(ours).collect::<Vec<_>>() {
        session.execute(&format!("DELETE FROM {table}"), &[]).await.unwrap();
    }
}
