//! Worker ids on the table `snowflake_workers`.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use nightowl_core::port::IdSource;
use nightowl_storage::Store;
use nightowl_storage::snowflake::{
    Lease, LeaseKeeper, LeaseKind, LeaseOptions, SnowflakeClock, SnowflakeError, SnowflakeIds, SnowflakeParts, SystemClock, acquire, release, renew,
};

use super::support::{fresh, on};

#[derive(Debug)]
struct TestClock {
    wall_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { wall_ms: AtomicI64::new(1_800_000_000_000), monotonic_ms: AtomicU64::new(5) })
    }

    fn pass_seconds(&self, seconds: u32) {
        self.wall_ms.fetch_add(i64::from(seconds) * 1_000, Ordering::SeqCst);
        self.monotonic_ms.fetch_add(u64::from(seconds) * 1_000, Ordering::SeqCst);
    }
}

impl SnowflakeClock for TestClock {
    fn unix_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> u64 {
        self.monotonic_ms.load(Ordering::SeqCst)
    }
}

async fn take(store: &Store, options: LeaseOptions) -> Result<Lease, SnowflakeError> {
    on!(store, session => {
        session.execute(session.dialect().begin(), &[]).await.unwrap();
        let lease = acquire(session, &SystemClock::new(), &options).await;
        session.execute("COMMIT", &[]).await.unwrap();
        lease
    })
}

/// Makes the holder of a worker look as if it had not beaten for so long.
async fn silence(store: &Store, worker: u16, seconds: u32) {
    let sql =
        format!("UPDATE snowflake_workers SET last_beat_at = strftime('%Y-%m-%d %H:%M:%S', last_beat_at, '-{seconds} seconds') WHERE worker_id = {worker}");
    on!(store, session => assert_eq!(session.execute(&sql, &[]).await.unwrap(), 1));
}

#[tokio::test]
async fn a_hundred_acquisitions_get_a_hundred_ids() {
    let store = fresh().await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { take(&store, LeaseOptions::default()).await.unwrap().worker })
        })
        .collect();
    let mut workers = HashSet::new();
    for task in tasks {
        workers.insert(task.await.unwrap());
    }
    assert_eq!(workers.len(), 100);
    assert_eq!(workers.iter().map(|worker| worker.worker()).max(), Some(99));
}

#[tokio::test]
async fn a_released_id_is_the_next_one_taken_and_begins_after_what_was_used() {
    let store = fresh().await;
    let lease = take(&store, LeaseOptions::default()).await.unwrap();
    let ahead = SystemClock::new().unix_ms() + 60_000;
    assert!(on!(store, session => release(session, &lease, Some(ahead)).await.unwrap()));
    let next = take(&store, LeaseOptions::default()).await.unwrap();
    assert_eq!(next.worker.worker(), 0);
    let ids = SnowflakeIds::new(Arc::new(SystemClock::new()));
    ids.grant(next.grant());
    let drawn = SnowflakeParts::of(ids.next_id().unwrap());
    assert_eq!(drawn.elapsed_ms, ahead + 1 - nightowl_storage::snowflake::EPOCH_MS);
}

#[tokio::test]
async fn an_id_whose_holder_is_silent_is_taken_over_only_when_none_is_free() {
    let store = fresh().await;
    let first = take(&store, LeaseOptions::default()).await.unwrap();
    silence(&store, 0, 121).await;
    assert_eq!(take(&store, LeaseOptions::default()).await.unwrap().worker.worker(), 1);
    on!(store, session => session.execute("UPDATE snowflake_workers SET locked = 1, last_beat_at = '9999-12-31 23:59:59' WHERE worker_id > 1", &[]).await.unwrap());
    assert_eq!(take(&store, LeaseOptions::default()).await.unwrap().worker, first.worker);
    assert_eq!(take(&store, LeaseOptions::default()).await, Err(SnowflakeError::NoneFree { data_center: 0 }));
}

#[tokio::test]
async fn who_lost_its_id_can_not_disturb_the_next_holder() {
    let store = fresh().await;
    on!(store, session => session.execute("UPDATE snowflake_workers SET locked = 1, last_beat_at = '9999-12-31 23:59:59' WHERE worker_id > 0", &[]).await.unwrap());
    let lost = take(&store, LeaseOptions::default()).await.unwrap();
    silence(&store, 0, 121).await;
    let held = take(&store, LeaseOptions::default()).await.unwrap();
    assert_eq!(held.worker, lost.worker);
    let (renewed, released, beaten) = on!(store, session => {
        let clock = SystemClock::new();
        let options = LeaseOptions::default();
        let renewed = renew(session, &clock, &options, &lost).await;
        let released = release(session, &lost, None).await.unwrap();
        (renewed, released, renew(session, &clock, &options, &held).await)
    });
    assert_eq!(renewed, Err(SnowflakeError::LeaseLost { data_center: 0, worker: 0 }));
    assert!(!released);
    assert!(beaten.is_ok());
}

#[tokio::test]
async fn a_lease_ends_before_others_take_it_and_a_beat_prolongs_it() {
    let store = fresh().await;
    let clock = TestClock::new();
    let shared: Arc<dyn SnowflakeClock> = Arc::<TestClock>::clone(&clock);
    let ids = SnowflakeIds::new(Arc::clone(&shared));
    let options = LeaseOptions::default();
    let lease = on!(store, session => acquire(session, &*shared, &options).await.unwrap());
    ids.grant(lease.grant());
    clock.pass_seconds(108);
    assert!(ids.next_id().is_ok());
    clock.pass_seconds(3);
    assert!(ids.next_id().is_err());
    let shared: Arc<dyn SnowflakeClock> = Arc::<TestClock>::clone(&clock);
    let renewed = on!(store, session => renew(session, &*shared, &options, &lease).await.unwrap());
    ids.grant(renewed.grant());
    assert!(ids.next_id().is_ok());
}

#[tokio::test]
async fn a_serverless_lease_lasts_half_an_hour_for_everybody() {
    let store = fresh().await;
    let clock = TestClock::new();
    let shared: Arc<dyn SnowflakeClock> = Arc::<TestClock>::clone(&clock);
    let options = LeaseOptions { kind: LeaseKind::Serverless, ..LeaseOptions::default() };
    let lease = on!(store, session => acquire(session, &*shared, &options).await.unwrap());
    on!(store, session => session.execute("UPDATE snowflake_workers SET locked = 1, last_beat_at = '9999-12-31 23:59:59' WHERE worker_id > 0", &[]).await.unwrap());
    let ids = SnowflakeIds::new(Arc::<TestClock>::clone(&clock) as Arc<dyn SnowflakeClock>);
    ids.grant(lease.grant());
    assert!(!lease.is_half_over(&*clock));
    clock.pass_seconds(901);
    assert!(lease.is_half_over(&*clock));
    clock.pass_seconds(897);
    assert!(ids.next_id().is_ok());
    clock.pass_seconds(3);
    assert!(ids.next_id().is_err());
    silence(&store, 0, 1_795).await;
    assert!(take(&store, LeaseOptions::default()).await.is_err());
    silence(&store, 0, 20).await;
    assert!(take(&store, LeaseOptions::default()).await.is_ok());
}

#[tokio::test]
async fn another_data_center_gets_workers_of_its_own() {
    let store = fresh().await;
    let options = LeaseOptions { data_center: 3, ..LeaseOptions::default() };
    let lease = take(&store, options).await.unwrap();
    assert_eq!((lease.worker.data_center(), lease.worker.worker()), (3, 0));
    assert_eq!(take(&store, options).await.unwrap().worker.worker(), 1);
}

#[tokio::test]
async fn a_keeper_that_lost_its_id_takes_another_one() {
    let store = fresh().await;
    let ids = Arc::new(SnowflakeIds::new(Arc::new(SystemClock::new())));
    let keeper = LeaseKeeper::new(store.clone(), Arc::clone(&ids), LeaseOptions::default());
    assert!(ids.next_id().is_err());
    assert_eq!(keeper.acquire().await.unwrap().worker(), 0);
    assert_eq!(keeper.beat().await.unwrap().worker(), 0);
    on!(store, session => session.execute("UPDATE snowflake_workers SET lease_token = 'somebody' WHERE worker_id = 0", &[]).await.unwrap());
    assert_eq!(keeper.beat().await.unwrap().worker(), 1);
    assert_eq!(SnowflakeParts::of(ids.next_id().unwrap()).worker.worker(), 1);
    keeper.beat_if_needed().await.unwrap();
    keeper.run(std::future::ready(())).await;
    assert!(ids.next_id().is_err());
    assert_eq!(take(&store, LeaseOptions::default()).await.unwrap().worker.worker(), 1);
}
