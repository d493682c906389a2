//! The journal of one store, to be read.

use chrono::NaiveDateTime;
use nightowl_core::port::StoreError;

use super::record::drawn_at_unix_ms;
use super::{DetailRecord, LogCriteria, LogRecord, Trace, TriggerCriteria, TriggerRecord, read};
use crate::sql::SqlSession;
use crate::store::{BoxFuture, Store};

/// The journal of one store, to be read on a connection that never waits for writers. A tenant whose topics lie in several
/// data sources has one of these for each.
#[derive(Debug, Clone)]
pub struct TraceStore {
    store: Store,
}

impl TraceStore {
    /// The journal of a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Everything about a trace id; with a tenant, only what is that tenant's.
    pub async fn trace(&self, trace_id: &str, tenant_id: Option<&str>) -> Result<Trace, StoreError> {
        let (trace_id, tenant_id) = (trace_id.to_owned(), tenant_id.map(str::to_owned));
        self.read(move |session| Box::pin(async move { read::trace(session, &trace_id, tenant_id.as_deref()).await })).await
    }

    /// One trigger by its id.
    pub async fn trigger(&self, trigger_id: i64) -> Result<Option<TriggerRecord>, StoreError> {
        self.read(move |session| Box::pin(read::find_trigger(session, trigger_id))).await
    }

    /// Triggers, newest first, at most `limit`; oldest first where those after a trigger are asked for.
    pub async fn triggers(&self, criteria: &TriggerCriteria, limit: u32) -> Result<Vec<TriggerRecord>, StoreError> {
        let criteria = criteria.clone();
        self.read(move |session| Box::pin(async move { read::triggers(session, &criteria, limit).await })).await
    }

    /// Those of some triggers that meet the criteria, whatever ran for them.
    pub(super) async fn triggers_among(&self, criteria: &TriggerCriteria, trigger_ids: &[i64]) -> Result<Vec<TriggerRecord>, StoreError> {
        let (criteria, trigger_ids) = (criteria.clone(), trigger_ids.to_vec());
        self.read(move |session| Box::pin(async move { read::triggers_among(session, &criteria, &trigger_ids).await })).await
    }

    /// The triggers for which the pipeline of the criteria ran here, at most `limit` before one.
    pub(super) async fn ran(&self, criteria: &TriggerCriteria, before: Option<i64>, limit: u32) -> Result<Vec<i64>, StoreError> {
        let criteria = criteria.clone();
        self.read(move |session| Box::pin(async move { read::ran(session, &criteria, before, limit).await })).await
    }

    /// One log by its uid.
    pub async fn log(&self, uid: i64) -> Result<Option<LogRecord>, StoreError> {
        self.read(move |session| Box::pin(read::find_log(session, uid))).await
    }

    /// The newest logs, at most `limit`: for samples.
    pub async fn newest_logs(&self, criteria: &LogCriteria, limit: u32) -> Result<Vec<LogRecord>, StoreError> {
        self.logs(criteria, 0, u64::from(limit)).await
    }

    /// So many logs, newest first, after the `skipped` newest ones.
    pub(super) async fn logs(&self, criteria: &LogCriteria, skipped: u64, limit: u64) -> Result<Vec<LogRecord>, StoreError> {
        let criteria = criteria.clone();
        self.read(move |session| Box::pin(async move { read::logs(session, &criteria, skipped, limit).await })).await
    }

    /// What the newest logs are ordered by: when they began, and their uid.
    pub(super) async fn log_keys(&self, criteria: &LogCriteria, limit: u64) -> Result<Vec<(NaiveDateTime, i64)>, StoreError> {
        let criteria = criteria.clone();
        self.read(move |session| Box::pin(async move { read::log_keys(session, &criteria, limit).await })).await
    }

    /// How many logs there are.
    pub async fn count_logs(&self, criteria: &LogCriteria) -> Result<u64, StoreError> {
        let criteria = criteria.clone();
        self.read(move |session| Box::pin(async move { read::count_logs(session, &criteria).await })).await
    }

    /// The details of a log, in their order.
    pub async fn details(&self, uid: i64) -> Result<Vec<DetailRecord>, StoreError> {
        self.read(move |session| Box::pin(read::details(session, uid))).await
    }

    /// When a trigger came, in milliseconds since 1970: its id says so.
    pub const fn came_at_unix_ms(trigger: &TriggerRecord) -> i64 {
        drawn_at_unix_ms(trigger.trigger_id)
    }

    async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(job).await?
    }
}
