//! The reference's way: one statement, one commit (surface.md §21).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use nightowl_core::port::StoreError;
use nightowl_storage::Store;
use nightowl_storage::sql::SqlSession;
use tokio::task::JoinSet;

use super::recorded::FloorStatement;
use crate::bench::BenchError;

/// How long a lock of another connection is waited for before the trigger is begun again.
const TRIES: usize = 20;

/// Triggers per second with a connection for each caller.
pub(super) async fn measure(stores: &[Store], triggers: &Arc<Vec<Vec<FloorStatement>>>, next_id: &Arc<AtomicI64>, time: Duration) -> Result<f64, BenchError> {
    let began = Instant::now();
    let end = began + time;
    let mut running = JoinSet::new();
    for (store, offset) in stores.iter().cloned().zip(0..) {
        let (triggers, next_id) = (Arc::clone(triggers), Arc::clone(next_id));
        running.spawn(async move { store.write(move |session| Box::pin(async move { caller(session, &triggers, offset, &next_id, end).await })).await });
    }
    let mut done = 0;
    while let Some(ended) = running.join_next().await {
        done += ended.map_err(|error| BenchError::Ended { reason: error.to_string() })???;
    }
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn caller(session: &mut dyn SqlSession, triggers: &[Vec<FloorStatement>], offset: usize, next_id: &AtomicI64, end: Instant) -> Result<u64, StoreError> {
    let mut draw = || next_id.fetch_add(1, Ordering::Relaxed);
    let mut done = 0;
    let mut values = Vec::new();
    for statements in triggers.iter().cycle().skip(offset) {
        if Instant::now() >= end {
            break;
        }
        let id = draw();
        for statement in statements {
            values.clear();
            statement.push_values(&mut values, id, &mut draw);
            send(session, statement, &values).await?;
        }
        done += 1;
    }
    Ok(done)
}

async fn send(session: &mut dyn SqlSession, statement: &FloorStatement, values: &[nightowl_storage::sql::SqlValue]) -> Result<(), StoreError> {
    for tried in 1.. {
        let sent = if statement.columns.is_empty() {
            session.execute(&statement.sql, values).await.map(|_| ())
        } else {
            session.query(&statement.sql, values, &statement.columns).await.map(|_| ())
        };
        match sent {
            Err(StoreError::LockNotAvailable { .. }) if tried < TRIES => {}
            ended => return ended,
        }
    }
    Ok(())
}
