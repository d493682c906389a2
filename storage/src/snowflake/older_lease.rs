//! Leases on the table `snowflake_competitive_workers` (storage.md §13.4): for a store whose Watchmen processes use it.
//!
//! Its times are naive local ones, as those processes write them: the database's clock in the configured zone. It has no
//! column for a token, so a new one at each acquisition is a part of `process_id`; heart beat and release name it.

use std::sync::Arc;

use chrono::NaiveDateTime;
use nightowl_core::compile::ColumnKind;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;

use super::lease::{Started, database_now, held, new_token, random};
use super::{Lease, LeaseOptions, SnowflakeClock, SnowflakeError, WorkerId};
use crate::meta::render;
use crate::sql::{SqlSession, SqlValue};

/// How many workers a data center has.
const WORKERS: usize = 1024;

/// How far local time is ahead of UTC; asked anew at each beat, since it changes twice a year.
pub trait LocalTime: std::fmt::Debug + Send + Sync {
    /// The local time of a moment in UTC.
    fn of_utc(&self, utc: NaiveDateTime) -> NaiveDateTime;
}

/// Takes a worker id: a random one that nobody alive holds. Somebody who is faster is
/// [`StoreError::SerializationFailure`] or [`StoreError::InsertConflict`]; then it is to be tried again. The session has to
/// be in a transaction of its own.
pub async fn acquire_older(
    session: &mut dyn SqlSession,
    clock: &dyn SnowflakeClock,
    options: &LeaseOptions,
    zone: &dyn LocalTime,
    address: &str,
) -> Result<Lease, SnowflakeError> {
    let started = Started::now(clock);
    let database_now = database_now(session).await?;
    let now = zone.of_utc(database_now);
    let abandoned_before = now - options.time_out();
    let worker = pick(&alive(session, options.data_center, abandoned_before).await?)?.ok_or(SnowflakeError::NoneFree { data_center: options.data_center })?;
    let token = format!("{}-{}", std::process::id(), new_token()?);
    take(session, options.data_center, worker, Holder { address, token: &token, now, abandoned_before }).await?;
    Ok(started.lease(WorkerId::new(u32::from(options.data_center), u32::from(worker))?, token, database_now, database_now, options))
}

/// Beats; as [`super::renew`].
pub async fn renew_older(
    session: &mut dyn SqlSession,
    clock: &dyn SnowflakeClock,
    options: &LeaseOptions,
    zone: &dyn LocalTime,
    lease: &Lease,
) -> Result<Lease, SnowflakeError> {
    let started = Started::now(clock);
    let database_now = database_now(session).await?;
    let sql = render(
        session.dialect(),
        "UPDATE {snowflake_competitive_workers} SET {last_beat_at} = ? WHERE {data_center_id} = ? AND {worker_id} = ? AND {process_id} = ?",
    );
    let mut values = vec![SqlValue::DateTime(zone.of_utc(database_now))];
    values.extend(held(lease));
    match session.execute(&sql, &values).await? {
        0 => Err(SnowflakeError::LeaseLost { data_center: lease.worker.data_center(), worker: lease.worker.worker() }),
        _ => Ok(started.lease(lease.worker, lease.token().to_owned(), database_now, database_now, options)),
    }
}

/// Gives a worker id back: its row goes. `false` when the lease has passed to somebody else.
pub async fn release_older(session: &mut dyn SqlSession, lease: &Lease) -> Result<bool, SnowflakeError> {
    let sql = render(session.dialect(), "DELETE FROM {snowflake_competitive_workers} WHERE {data_center_id} = ? AND {worker_id} = ? AND {process_id} = ?");
    Ok(session.execute(&sql, &held(lease)).await? > 0)
}

/// Who takes a worker id.
struct Holder<'a> {
    address: &'a str,
    token: &'a str,
    now: NaiveDateTime,
    abandoned_before: NaiveDateTime,
}

/// The workers whose holders still beat.
async fn alive(session: &mut dyn SqlSession, data_center: u8, abandoned_before: NaiveDateTime) -> Result<Vec<u16>, StoreError> {
    let sql = render(session.dialect(), "SELECT DISTINCT {worker_id} FROM {snowflake_competitive_workers} WHERE {data_center_id} = ? AND {last_beat_at} > ?");
    let values = [SqlValue::Integer(i64::from(data_center)), SqlValue::DateTime(abandoned_before)];
    let rows = session.query(&sql, &values, &[ColumnKind::Integer { bits: 32 }]).await?;
    Ok(rows.iter().filter_map(|row| row.first()?.as_number()).filter_map(|number| u16::try_from(number.coefficient()).ok()).collect())
}

/// A random worker id that is not among those.
fn pick(alive: &[u16]) -> Result<Option<u16>, SnowflakeError> {
    let free: Vec<u16> = (0..).take(WORKERS).filter(|worker| !alive.contains(worker)).collect();
    if free.is_empty() {
        return Ok(None);
    }
    let place = u32::from_le_bytes(random()?) as usize % free.len();
    Ok(free.get(place).copied())
}

/// Takes the row of a worker id: inserts it, or takes over one whose holder is silent.
async fn take(session: &mut dyn SqlSession, data_center: u8, worker: u16, holder: Holder<'_>) -> Result<(), SnowflakeError> {
    let sql = render(
        session.dialect(),
        "SELECT {ip}, {process_id}, {last_beat_at} FROM {snowflake_competitive_workers} WHERE {data_center_id} = ? AND {worker_id} = ?",
    );
    let key = [SqlValue::Integer(i64::from(data_center)), SqlValue::Integer(i64::from(worker))];
    let kinds = [ColumnKind::Text { length: 100 }, ColumnKind::Text { length: 60 }, ColumnKind::DateTime { fraction: false }];
    let rows = session.query(&sql, &key, &kinds).await?;
    let [address, token] = [holder.address, holder.token].map(|text| SqlValue::Text(text.into()));
    let now = SqlValue::DateTime(holder.now);
    let [dc, worker_id] = key;
    let Some(row) = rows.first() else {
        let insert = render(
            session.dialect(),
            "INSERT INTO {snowflake_competitive_workers} ({ip}, {process_id}, {data_center_id}, {worker_id}, {registered_at}, {last_beat_at}) VALUES (?, ?, ?, ?, ?, ?)",
        );
        session.execute(&insert, &[address, token, dc, worker_id, now.clone(), now]).await?;
        return Ok(());
    };
    let mut update = render(
        session.dialect(),
        "UPDATE {snowflake_competitive_workers} SET {ip} = ?, {process_id} = ?, {registered_at} = ?, {last_beat_at} = ? \
         WHERE {data_center_id} = ? AND {worker_id} = ? AND {last_beat_at} <= ?",
    );
    let mut values = vec![address, token, now.clone(), now, dc, worker_id, SqlValue::DateTime(holder.abandoned_before)];
    for (column, value) in ["{ip}", "{process_id}"].into_iter().zip(row) {
        update.push_str(&render(session.dialect(), &format!(" AND {column} ")));
        match value {
            Value::Text(text) => {
                update.push_str("= ?");
                values.push(SqlValue::Text(Arc::<str>::clone(text)));
            }
            _ => update.push_str("IS NULL"),
        }
    }
    match session.execute(&update, &values).await? {
        0 => Err(StoreError::SerializationFailure { reason: "another process was faster at the same worker id".to_owned() }.into()),
        _ => Ok(()),
    }
}
