//! A store as the first start leaves it, ids 1001, 1002, …, and a fixed time.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{NaiveDate, NaiveDateTime};
use nightowl_core::model::{Definitions, Problems};
use nightowl_core::port::{IdSource, IdSourceError};
use nightowl_storage::meta::apply::{ApplyOptions, Plan, apply};
use nightowl_storage::meta::{Edit, FirstStart, MetaError, Started, start};
use nightowl_storage::{Store, StoreOptions};
use serde_json::Value as Json;

/// Ids in order.
#[derive(Debug)]
pub(crate) struct Ids(AtomicI64);

impl Ids {
    pub(crate) const fn from(first: i64) -> Self {
        Self(AtomicI64::new(first))
    }
}

impl IdSource for Ids {
    fn next_id(&self) -> Result<i64, IdSourceError> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Ids that no two tests of one process share.
pub(crate) static IDS: Ids = Ids::from(1_001);

pub(crate) fn noon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

pub(crate) fn edit() -> Edit<'static> {
    Edit { user_id: "2", at: noon(), at_utc: noon(), ids: &IDS }
}

/// Runs something on the writing connection: `on!(store, session => …)`.
macro_rules! on {
    ($store:expr, $session:ident => $work:expr) => {
        $store.write(move |$session| Box::pin(async move { $work })).await.unwrap()
    };
}
pub(crate) use on;

pub(crate) fn first_start() -> FirstStart {
    FirstStart { super_admin_password_hash: "$argon2id$super".to_owned(), admin_password_hash: "$argon2id$admin".to_owned(), at: noon() }
}

pub(crate) async fn start_store(store: &Store) -> Started {
    on!(store, session => start(session, &first_start()).await.unwrap())
}

pub(crate) fn open(url: &str) -> Store {
    Store::open(url, &StoreOptions::default()).unwrap()
}

pub(crate) async fn fresh() -> Store {
    let store = open("sqlite::memory:");
    start_store(&store).await;
    store
}

pub(crate) fn definitions(json: &Json) -> Definitions {
    let mut problems = Problems::default();
    let definitions = Definitions::read(json, "test", &mut problems);
    assert!(!problems.has_errors(), "{problems:?}");
    definitions
}

pub(crate) async fn applied(store: &Store, json: &Json, options: ApplyOptions) -> Result<Plan, MetaError> {
    let definitions = definitions(json);
    on!(store, session => apply(session, &definitions, &options, &edit()).await)
}
