//! Leases on worker ids: the table `snowflake_workers` (storage.md §13.5).
//!
//! Times in the table are UTC and come from the database's clock (storage.md §12.7), so that processes whose clocks
//! differ agree on who is alive. What a process knows of its own lease it measures with its own two clocks, from a
//! moment before it asked, and it stops [`MARGIN_SECONDS`] early.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike};
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::{Grant, LeaseEnd, SnowflakeClock, SnowflakeError, WorkerId};
use crate::sql::{SqlSession, SqlValue};

/// A holder is given up so many seconds after it has missed its heart beat.
const GRACE_SECONDS: u32 = 60;
/// A holder itself stops so many seconds earlier, so that clocks may differ by as much.
const MARGIN_SECONDS: u32 = 10;
/// How long a lease of a function platform lasts.
const SERVERLESS_SECONDS: u32 = 30 * 60;
/// How many workers a data center has.
const WORKERS: i64 = 1024;
/// What a released row's token begins with; the last millisecond that was used follows.
const USED_UNTIL: &str = "used-until-";

const TABLE: &str = "snowflake_workers";

/// How the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseKind {
    /// It runs all the time and beats.
    Process,
    /// It may be frozen between two invocations: the lease lasts 30 minutes from the last renewal.
    Serverless,
}

/// How worker ids are leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseOptions {
    /// From 0 to 3 (`snowflake.data_center_id`).
    pub data_center: u8,
    /// Seconds between two heart beats (`snowflake.heart_beat_seconds`); the same in all processes of a store.
    pub heart_beat_seconds: u32,
    /// How often another row is tried when somebody was faster.
    pub retry_times: u32,
    /// How the process lives.
    pub kind: LeaseKind,
}

impl Default for LeaseOptions {
    fn default() -> Self {
        Self { data_center: 0, heart_beat_seconds: 60, retry_times: 3, kind: LeaseKind::Process }
    }
}

impl LeaseOptions {
    /// How old a heart beat may be before others take the worker id over.
    pub(super) fn time_out(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.heart_beat_seconds) + i64::from(GRACE_SECONDS))
    }

    /// What is written as the last heart beat now. That of a function platform lies so far ahead that the usual time-out
    /// ends with the lease.
    fn beat(&self, database_now: NaiveDateTime) -> NaiveDateTime {
        match self.kind {
            LeaseKind::Process => database_now,
            LeaseKind::Serverless => database_now + TimeDelta::seconds(i64::from(SERVERLESS_SECONDS + MARGIN_SECONDS)) - self.time_out(),
        }
    }
}

/// A worker id that the process holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The worker id.
    pub worker: WorkerId,
    /// Until when it is good.
    pub until: LeaseEnd,
    /// New at each acquisition: heart beat and release name it.
    token: String,
    /// The last millisecond that the former holder has used, where it said so.
    used_until_unix_ms: Option<i64>,
    lasts_ms: i64,
}

impl Lease {
    /// What heart beat and release name.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// What the generator is granted.
    pub const fn grant(&self) -> Grant {
        Grant { worker: self.worker, until: Some(self.until), used_until_unix_ms: self.used_until_unix_ms }
    }

    /// Whether less than half of it is left, so that an invocation renews it (storage.md §13.5).
    pub fn is_half_over(&self, clock: &dyn SnowflakeClock) -> bool {
        let by_wall = self.until.unix_ms - clock.unix_ms();
        let by_monotonic = i64::try_from(self.until.monotonic_ms).unwrap_or(i64::MAX) - i64::try_from(clock.monotonic_ms()).unwrap_or(i64::MAX);
        by_wall.min(by_monotonic) < self.lasts_ms / 2
    }
}

/// A row that can be taken.
struct Candidate {
    worker: u16,
    last_beat_at: NaiveDateTime,
    token: Option<String>,
}

/// The clocks before the database was asked for its own.
pub(super) struct Started {
    unix_ms: i64,
    monotonic_ms: u64,
}

impl Started {
    pub(super) fn now(clock: &dyn SnowflakeClock) -> Self {
        Self { unix_ms: clock.unix_ms(), monotonic_ms: clock.monotonic_ms() }
    }

    pub(super) fn lease(&self, worker: WorkerId, token: String, beat: NaiveDateTime, database_now: NaiveDateTime, options: &LeaseOptions) -> Lease {
        let end = beat + options.time_out() - TimeDelta::seconds(i64::from(MARGIN_SECONDS));
        let lasts_ms = (end - database_now).num_milliseconds().max(0);
        let until = LeaseEnd { unix_ms: self.unix_ms + lasts_ms, monotonic_ms: self.monotonic_ms + lasts_ms.unsigned_abs() };
        Lease { worker, until, token, used_until_unix_ms: None, lasts_ms }
    }
}

/// Takes a worker id: the lowest free one, else the lowest one whose holder has stopped beating. The session has to be
/// in a transaction of its own, which the caller commits before it draws ids.
pub async fn acquire(session: &mut dyn SqlSession, clock: &dyn SnowflakeClock, options: &LeaseOptions) -> Result<Lease, SnowflakeError> {
    let none_free = SnowflakeError::NoneFree { data_center: options.data_center };
    let started = Started::now(clock);
    let database_now = database_now(session).await?;
    for _attempt in 0..=options.retry_times {
        let candidate = match find_free(session, options).await? {
            Some(free) => free,
            None => match find_abandoned(session, options, database_now).await? {
                Some(abandoned) => abandoned,
                None if insert_missing_workers(session, options.data_center).await? => continue,
                None => return Err(none_free),
            },
        };
        let (token, beat) = (new_token()?, options.beat(database_now));
        if take(session, options, &candidate, &token, beat).await? {
            let worker = WorkerId::new(u32::from(options.data_center), u32::from(candidate.worker))?;
            let mut lease = started.lease(worker, token, beat, database_now, options);
            lease.used_until_unix_ms = candidate.token.as_deref().and_then(|token| token.strip_prefix(USED_UNTIL)?.parse().ok());
            return Ok(lease);
        }
    }
    Err(none_free)
}

/// Beats: the lease is good for its full time again. [`SnowflakeError::LeaseLost`] when it has passed to somebody else.
pub async fn renew(session: &mut dyn SqlSession, clock: &dyn SnowflakeClock, options: &LeaseOptions, lease: &Lease) -> Result<Lease, SnowflakeError> {
    let started = Started::now(clock);
    let database_now = database_now(session).await?;
    let beat = options.beat(database_now);
    let sql = statement(session, "UPDATE {snowflake_workers} SET {last_beat_at} = ? WHERE {data_center_id} = ? AND {worker_id} = ? AND {lease_token} = ?");
    let mut values = vec![SqlValue::DateTime(beat)];
    values.extend(held(lease));
    match session.execute(&sql, &values).await? {
        0 => Err(SnowflakeError::LeaseLost { data_center: lease.worker.data_center(), worker: lease.worker.worker() }),
        _ => Ok(started.lease(lease.worker, lease.token.clone(), beat, database_now, options)),
    }
}

/// Gives a worker id back, with the last millisecond that was used, so that the next holder begins after it even where
/// its clock is behind. Does nothing (`false`) when the lease has passed to somebody else.
pub async fn release(session: &mut dyn SqlSession, lease: &Lease, used_until_unix_ms: Option<i64>) -> Result<bool, SnowflakeError> {
    let sql = statement(
        session,
        "UPDATE {snowflake_workers} SET {locked} = 0, {last_beat_at} = ?, {lease_token} = ? \
         WHERE {data_center_id} = ? AND {worker_id} = ? AND {lease_token} = ?",
    );
    let used = used_until_unix_ms.map_or(SqlValue::Null, |used| SqlValue::Text(format!("{USED_UNTIL}{used}").into()));
    let mut values = vec![SqlValue::DateTime(beginning()), used];
    values.extend(held(lease));
    Ok(session.execute(&sql, &values).await? > 0)
}

/// The conditions of a statement that only the holder may run.
pub(super) fn held(lease: &Lease) -> [SqlValue; 3] {
    [SqlValue::Integer(i64::from(lease.worker.data_center())), SqlValue::Integer(i64::from(lease.worker.worker())), SqlValue::Text(lease.token.as_str().into())]
}

async fn find_free(session: &mut dyn SqlSession, options: &LeaseOptions) -> Result<Option<Candidate>, SnowflakeError> {
    let values = [SqlValue::Integer(i64::from(options.data_center))];
    find(session, "{locked} = 0", &values).await
}

async fn find_abandoned(session: &mut dyn SqlSession, options: &LeaseOptions, database_now: NaiveDateTime) -> Result<Option<Candidate>, SnowflakeError> {
    let values = [SqlValue::Integer(i64::from(options.data_center)), SqlValue::DateTime(database_now - options.time_out())];
    find(session, "{last_beat_at} < ?", &values).await
}

async fn find(session: &mut dyn SqlSession, condition: &str, values: &[SqlValue]) -> Result<Option<Candidate>, SnowflakeError> {
    let mut sql = statement(
        session,
        &format!(
            "SELECT {{worker_id}}, {{last_beat_at}}, {{lease_token}} FROM {{snowflake_workers}} \
             WHERE {{data_center_id}} = ? AND {condition} ORDER BY {{worker_id}} LIMIT 1"
        ),
    );
    sql.push_str(session.dialect().skip_locked_clause());
    let kinds = [ColumnKind::Integer { bits: 16 }, ColumnKind::DateTime { fraction: false }, ColumnKind::Text { length: 50 }];
    let Some(row) = session.query(&sql, values, &kinds).await?.into_iter().next() else { return Ok(None) };
    let [worker, Value::DateTime(last_beat_at), token] = row.as_slice() else { return Err(damaged("a row without a heart beat").into()) };
    let worker = worker.as_number().and_then(|number| u16::try_from(number.coefficient()).ok()).ok_or_else(|| damaged("a worker id outside 0 to 1023"))?;
    Ok(Some(Candidate { worker, last_beat_at: *last_beat_at, token: token.as_text().map(str::to_owned) }))
}

/// Takes a row, unless somebody else has taken or renewed it since it was read.
async fn take(session: &mut dyn SqlSession, options: &LeaseOptions, candidate: &Candidate, token: &str, beat: NaiveDateTime) -> Result<bool, SnowflakeError> {
    let mut sql = statement(
        session,
        "UPDATE {snowflake_workers} SET {locked} = 1, {last_beat_at} = ?, {lease_token} = ? \
         WHERE {data_center_id} = ? AND {worker_id} = ? AND {last_beat_at} = ? AND {lease_token} ",
    );
    let mut values = vec![
        SqlValue::DateTime(beat),
        SqlValue::Text(token.into()),
        SqlValue::Integer(i64::from(options.data_center)),
        SqlValue::Integer(i64::from(candidate.worker)),
        SqlValue::DateTime(candidate.last_beat_at),
    ];
    match &candidate.token {
        None => sql.push_str("IS NULL"),
        Some(token) => {
            sql.push_str("= ?");
            values.push(SqlValue::Text(token.as_str().into()));
        }
    }
    Ok(session.execute(&sql, &values).await? > 0)
}

/// Adds the rows of a data center that has none; the first start makes those of data center 0 only. Gives whether it did.
pub(crate) async fn insert_missing_workers(session: &mut dyn SqlSession, data_center: u8) -> Result<bool, StoreError> {
    let sql = statement(session, "SELECT COUNT(*) FROM {snowflake_workers} WHERE {data_center_id} = ?");
    let values = [SqlValue::Integer(i64::from(data_center))];
    let rows = session.query(&sql, &values, &[ColumnKind::Integer { bits: 64 }]).await?;
    let there = rows.first().and_then(|row| row.first()).and_then(Value::as_number).is_some_and(|count| !count.is_zero());
    if !there {
        insert_workers(session, data_center).await?;
    }
    Ok(!there)
}

/// Adds the 1024 free workers of a data center (storage.md §20).
async fn insert_workers(session: &mut dyn SqlSession, data_center: u8) -> Result<(), StoreError> {
    const ROWS_PER_STATEMENT: i64 = 128;
    let insert = statement(session, "INSERT INTO {snowflake_workers} ({data_center_id}, {worker_id}, {registered_at}, {last_beat_at}, {locked}) VALUES ");
    for first in (0..WORKERS).step_by(ROWS_PER_STATEMENT as usize) {
        let rows = vec!["(?, ?, ?, ?, 0)"; ROWS_PER_STATEMENT as usize].join(", ");
        let values: Vec<SqlValue> = (first..first + ROWS_PER_STATEMENT)
            .flat_map(|worker| {
                let beginning = SqlValue::DateTime(beginning());
                [SqlValue::Integer(i64::from(data_center)), SqlValue::Integer(worker), beginning.clone(), beginning]
            })
            .collect();
        session.execute(&format!("{insert}{rows}"), &values).await?;
    }
    Ok(())
}

/// The database's clock, in whole seconds: the column has no more (storage.md §13.5).
pub(super) async fn database_now(session: &mut dyn SqlSession) -> Result<NaiveDateTime, StoreError> {
    let sql = format!("SELECT {}", session.dialect().utc_now());
    let rows = session.query(&sql, &[], &[ColumnKind::DateTime { fraction: true }]).await?;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::DateTime(now)) => Ok(now.with_nanosecond(0).unwrap_or(*now)),
        _ => Err(damaged("no time of the database")),
    }
}

/// 1970-01-01, which stands for "never".
fn beginning() -> NaiveDateTime {
    DateTime::UNIX_EPOCH.naive_utc()
}

pub(super) fn new_token() -> Result<String, SnowflakeError> {
    Ok(random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(super) fn random<const BYTES: usize>() -> Result<[u8; BYTES], SnowflakeError> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Unexpected { object: "the operating system's random source".to_owned(), reason: error.to_string() })?;
    Ok(bytes)
}

fn damaged(reason: &str) -> StoreError {
    StoreError::Unexpected { object: TABLE.to_owned(), reason: format!("gave {reason}; run \"nightowl migrate\"") }
}

/// A statement in which `{name}` stands for the quoted identifier.
fn statement(session: &dyn SqlSession, template: &str) -> String {
    crate::meta::render(session.dialect(), template)
}
