//! Marks of ordered sources, and work that was handed over.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use nightowl_core::port::{Journal, PendingKind, PendingWork};
use nightowl_storage::sql::marks::{Mark, MarkKey, advance_mark, read_mark};
use nightowl_storage::sql::{SqlUnitOfWork, pending, tables};
use nightowl_storage::{Store, StoreOptions};

fn store() -> Store {
    Store::open("sqlite::memory:", &StoreOptions::default()).unwrap()
}

#[tokio::test]
async fn an_older_owner_can_not_advance_a_mark() {
    let store = store();
    let job = store.write(|session| {
        Box::pin(async move {
            tables::prepare(session).await.unwrap();
            let key = MarkKey { consumer_group: "g".to_owned(), topic: "t".to_owned(), partition: "0".to_owned() };
            let mark = |next_offset: i64, epoch: i64| Mark { next_offset, epoch };
            assert_eq!(read_mark(session, &key).await, Ok(None));
            assert_eq!(advance_mark(session, &key, mark(5, 1)).await, Ok(true));
            assert_eq!(advance_mark(session, &key, mark(7, 1)).await, Ok(true));
            assert_eq!(advance_mark(session, &key, mark(6, 2)).await, Ok(true));
            assert_eq!(advance_mark(session, &key, mark(9, 1)).await, Ok(false));
            assert_eq!(read_mark(session, &key).await, Ok(Some(mark(6, 2))));
        })
    });
    job.await.unwrap();
}

#[tokio::test]
async fn work_is_extended_postponed_and_applied_once() {
    let store = store();
    let job = store.write(|session| {
        Box::pin(async move {
            tables::prepare(session).await.unwrap();
            let text = |text: &str| text.to_owned();
            let work = PendingWork {
                pending_id: 1,
                kind: PendingKind::External,
                tenant_id: text("1"),
                trace_id: text("t"),
                trigger_id: 1,
                ordinal: 1,
                body: text("{}"),
                attempts: 0,
            };
            let mut unit = SqlUnitOfWork::new(session);
            unit.insert_pending(&work).await.unwrap();
            assert_eq!(unit.lease_pending(PendingKind::External, "w1", 0, 1).await.unwrap().len(), 1);
            assert_eq!(pending::extend_lease(unit.session(), 1, "w1", 60).await, Ok(true));
            assert_eq!(pending::extend_lease(unit.session(), 1, "w2", 60).await, Ok(false));
            assert!(unit.lease_pending(PendingKind::External, "w2", 60, 1).await.unwrap().is_empty());
            assert_eq!(pending::postpone(unit.session(), 1, 60).await, Ok(true));
            assert!(unit.lease_pending(PendingKind::External, "w2", 60, 1).await.unwrap().is_empty());
            assert_eq!(pending::postpone(unit.session(), 1, 0).await, Ok(true));
            assert_eq!(unit.lease_pending(PendingKind::External, "w2", 60, 1).await.unwrap()[0].attempts, 2);
            let kinds = [PendingKind::External, PendingKind::Cascade];
            for (free, delay) in [(false, 0), (true, 0), (false, 60), (true, 0)] {
                if free || delay > 0 {
                    assert_eq!(pending::postpone(unit.session(), 1, 0).await, Ok(true));
                    assert_eq!(pending::delay(unit.session(), 1, delay).await, Ok(true));
                }
                let found = [
                    pending::has_free_work(unit.session(), kinds[0], pending::Turn::Oldest).await,
                    pending::has_free_work(unit.session(), kinds[1], pending::Turn::Oldest).await,
                ];
                assert_eq!(found, [Ok(free), Ok(false)], "{delay}");
            }
            assert_eq!(pending::delay(unit.session(), 2, 0).await, Ok(false));
            for id in [1, 2, 3] {
                assert_eq!(unit.mark_applied(id).await, Ok(true));
                assert_eq!(unit.mark_applied(id).await, Ok(false));
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            assert_eq!(pending::applied_before(unit.session(), 7, 0, 10).await, Ok(vec![]));
            assert_eq!(pending::applied_before(unit.session(), 0, 0, 2).await, Ok(vec![1, 2]));
            assert_eq!(pending::applied_before(unit.session(), 0, 2, 2).await, Ok(vec![3]));
            assert_eq!(pending::still_pending(unit.session(), &[1, 2, 3]).await, Ok(vec![1]));
            assert_eq!(pending::still_pending(unit.session(), &[]).await, Ok(vec![]));
            assert_eq!(pending::forget_applied(unit.session(), &[2, 3, 4]).await, Ok(2));
            assert_eq!(pending::forget_applied(unit.session(), &[]).await, Ok(0));
            assert_eq!((unit.mark_applied(1).await, unit.mark_applied(2).await), (Ok(false), Ok(true)));
        })
    });
    job.await.unwrap();
}
