//! The journal: positions, headers, logs, work that is handed over.

use chrono::{NaiveDate, NaiveDateTime};
use nightowl_core::model::TriggerType;
use nightowl_core::port::{DetailRow, LogRow, OrderedPosition, PendingKind, PendingWork, StoreError, TriggerHeader, TriggerStatus, UnitOfWork};

fn noon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 3, 4).unwrap().and_hms_micro_opt(12, 0, 0, 250).unwrap()
}

fn header(trigger_id: i64, source: &str, position_key: Option<&str>) -> TriggerHeader {
    TriggerHeader {
        trigger_id,
        tenant_id: "1".to_owned(),
        trace_id: format!("trace-{trigger_id}"),
        topic_id: "11".to_owned(),
        data_id: Some(-1),
        trigger_type: TriggerType::InsertOrMerge,
        user_id: "2".to_owned(),
        pat_key_id: None,
        source: source.to_owned(),
        position_key: position_key.map(str::to_owned),
        body_hash: position_key.map(|_| "b".repeat(64)),
        status: TriggerStatus::Pending,
        failed_pipeline_ids: Vec::new(),
        finished_at: None,
        payload: Some(r#"{"n":{"$number":"1.10"}}"#.to_owned()),
        error: None,
    }
}

fn log(uid: i64) -> LogRow {
    LogRow {
        uid,
        tenant_id: "1".to_owned(),
        trace_id: "trace".to_owned(),
        trigger_id: 1,
        pipeline_id: "21".to_owned(),
        topic_id: "11".to_owned(),
        data_id: -1,
        status: "DONE",
        started_at: noon(),
        spent_ms: 3,
        rolled_back: false,
        body: r#"{"stages":[]}"#.to_owned(),
        definition_hash: "ab".repeat(32),
    }
}

fn work(pending_id: i64, kind: PendingKind) -> PendingWork {
    PendingWork {
        pending_id,
        kind,
        tenant_id: "1".to_owned(),
        trace_id: "trace".to_owned(),
        trigger_id: 1,
        ordinal: 7,
        body: r#"{"b":1,"a":2}"#.to_owned(),
        attempts: 0,
    }
}

/// A position is found by source and key, and taken once.
pub async fn positions_are_found_and_conflict(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    assert_eq!(unit.find_position("file", "k1").await, Ok(None));
    unit.insert_trigger(&header(1, "file", Some("k1"))).await.unwrap();
    for free in [header(2, "http", Some("k1")), header(3, "file", Some("k2")), header(4, "file", None), header(5, "file", None)] {
        unit.insert_trigger(&free).await.unwrap();
    }
    for taken in [header(6, "file", Some("k1")), header(1, "file", Some("k6"))] {
        let refused = unit.insert_trigger(&taken).await;
        assert!(matches!(&refused, Err(StoreError::InsertConflict { table, .. }) if table == "nightowl_triggers"), "{refused:?}");
    }
    unit.commit().await.unwrap();
    let found = unit.find_position("file", "k1").await.unwrap().unwrap();
    assert_eq!((found.trigger_id, found.trace_id.as_str(), found.data_id), (1, "trace-1", Some(-1)));
    assert_eq!((found.status, found.failed_pipeline_ids.len()), (TriggerStatus::Pending, 0));
    assert_eq!(unit.find_position("kafka", "k1").await, Ok(None));
}

fn position(topic: &str, offset: i64) -> OrderedPosition {
    OrderedPosition { topic: topic.into(), offset }
}

/// Positions of an ordered source are taken once, in any order, with what lies between them left free.
pub async fn positions_of_ordered_sources_are_taken_once(unit: &mut dyn UnitOfWork) {
    for taken in [vec![1, 2, 3], vec![5], vec![9, 8], vec![6], vec![4]] {
        unit.begin().await.unwrap();
        for offset in &taken {
            assert_eq!(unit.take_position("file", &position("a", *offset)).await, Ok(true), "{offset}");
        }
        for offset in &taken {
            assert_eq!(unit.take_position("file", &position("a", *offset)).await, Ok(false), "{offset}");
        }
        unit.commit().await.unwrap();
    }
    unit.begin().await.unwrap();
    for offset in 0..12 {
        let is_free = ![1, 2, 3, 4, 5, 6, 8, 9].contains(&offset);
        assert_eq!(unit.take_position("file", &position("a", offset)).await, Ok(is_free), "{offset}");
    }
    for (source, topic) in [("file", "b"), ("kafka", "a")] {
        assert_eq!(unit.take_position(source, &position(topic, 1)).await, Ok(true), "{source} {topic}");
    }
    unit.commit().await.unwrap();
}

/// What is undone was not taken.
pub async fn positions_that_were_not_kept_are_free(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    assert_eq!(unit.take_position("file", &position("a", 1)).await, Ok(true));
    unit.savepoint().await.unwrap();
    assert_eq!(unit.take_position("file", &position("a", 2)).await, Ok(true));
    unit.rollback_to_savepoint().await.unwrap();
    assert_eq!(unit.take_position("file", &position("a", 3)).await, Ok(true));
    unit.commit().await.unwrap();
    unit.begin().await.unwrap();
    assert_eq!(unit.take_position("file", &position("a", 4)).await, Ok(true));
    unit.rollback().await.unwrap();
    unit.begin().await.unwrap();
    for (offset, is_free) in [(1, false), (2, true), (3, false), (4, true)] {
        assert_eq!(unit.take_position("file", &position("a", offset)).await, Ok(is_free), "{offset}");
    }
    unit.commit().await.unwrap();
}

/// A header is changed where it is; one that is not there is an error.
pub async fn headers_change(unit: &mut dyn UnitOfWork) {
    let mut header = header(1, "http", Some("k"));
    unit.insert_trigger(&header).await.unwrap();
    header.status = TriggerStatus::Error;
    header.data_id = None;
    header.failed_pipeline_ids = vec!["21".to_owned(), "\"22\"".to_owned()];
    header.finished_at = Some(noon());
    header.payload = None;
    header.error = Some("failed to \"run\"".to_owned());
    unit.update_trigger(&header).await.unwrap();
    let found = unit.find_position("http", "k").await.unwrap().unwrap();
    assert_eq!((found.status, found.data_id, found.failed_pipeline_ids), (TriggerStatus::Error, None, header.failed_pipeline_ids.clone()));
    header.trigger_id = 2;
    assert!(unit.update_trigger(&header).await.is_err());
}

/// Logs and details are written in lists of any length, each id once.
pub async fn logs_and_details(unit: &mut dyn UnitOfWork) {
    unit.insert_logs(&[]).await.unwrap();
    unit.insert_details(&[]).await.unwrap();
    unit.insert_logs(&(1..=37).map(log).collect::<Vec<_>>()).await.unwrap();
    let detail = |ordinal: i64| DetailRow { uid: 1, ordinal, body: "{}".to_owned() };
    unit.insert_details(&(0..5).map(detail).collect::<Vec<_>>()).await.unwrap();
    assert!(matches!(unit.insert_logs(&[log(37)]).await, Err(StoreError::InsertConflict { .. })));
    assert!(matches!(unit.insert_details(&[detail(4)]).await, Err(StoreError::InsertConflict { .. })));
    unit.insert_logs(&[log(38)]).await.unwrap();
}

/// Work is given to one worker at a time, the oldest first, and is gone when it is done.
pub async fn pending_work_is_leased_once(unit: &mut dyn UnitOfWork) {
    for (id, kind) in [(3, PendingKind::Cascade), (1, PendingKind::Cascade), (2, PendingKind::External), (4, PendingKind::Cascade)] {
        unit.insert_pending(&work(id, kind)).await.unwrap();
    }
    assert!(matches!(unit.insert_pending(&work(4, PendingKind::Monitor)).await, Err(StoreError::InsertConflict { .. })));
    let first = unit.lease_pending(PendingKind::Cascade, "w1", 60, 2).await.unwrap();
    assert_eq!(first.iter().map(|work| (work.pending_id, work.attempts)).collect::<Vec<_>>(), [(1, 1), (3, 1)]);
    assert_eq!(first[0], PendingWork { attempts: 1, ..work(1, PendingKind::Cascade) });
    let second = unit.lease_pending(PendingKind::Cascade, "w2", 0, 10).await.unwrap();
    assert_eq!(second.iter().map(|work| work.pending_id).collect::<Vec<_>>(), [4]);
    // A lease of no seconds has ended already.
    unit.update_pending(4, r#"{"rest":[]}"#).await.unwrap();
    let again = unit.lease_pending(PendingKind::Cascade, "w3", 60, 10).await.unwrap();
    assert_eq!(again.iter().map(|work| (work.pending_id, work.attempts, work.body.as_str())).collect::<Vec<_>>(), [(4, 2, r#"{"rest":[]}"#)]);
    unit.delete_pending(4).await.unwrap();
    unit.delete_pending(4).await.unwrap();
    assert!(unit.update_pending(4, "{}").await.is_err());
    assert!(unit.lease_pending(PendingKind::Monitor, "w", 60, 10).await.unwrap().is_empty());
    assert_eq!(unit.lease_pending(PendingKind::External, "w", 60, 10).await.unwrap().len(), 1);
}

/// Work is held by one worker at a time, who may extend its hold; a hold that has ended is anybody's.
pub async fn pending_work_is_held_by_one(unit: &mut dyn UnitOfWork) {
    unit.insert_pending(&work(1, PendingKind::Cascade)).await.unwrap();
    assert_eq!(unit.hold_pending(1, "w1", 60).await, Ok(true));
    assert_eq!(unit.hold_pending(1, "w2", 60).await, Ok(false));
    assert_eq!(unit.hold_pending(1, "w1", 60).await, Ok(true));
    assert!(unit.lease_pending(PendingKind::Cascade, "w2", 60, 10).await.unwrap().is_empty());
    assert_eq!(unit.hold_pending(1, "w1", 0).await, Ok(true));
    unit.begin().await.unwrap();
    assert_eq!(unit.hold_pending(1, "w2", 60).await, Ok(true));
    unit.rollback().await.unwrap();
    assert_eq!(unit.hold_pending(1, "w3", 60).await, Ok(true));
    assert_eq!(unit.hold_pending(1, "w2", 60).await, Ok(false));
    unit.delete_pending(1).await.unwrap();
    assert_eq!(unit.hold_pending(1, "w3", 60).await, Ok(false));
}

/// Whoever holds the first row of a trigger's cascade has all of it; its rows come in their order.
pub async fn a_cascade_is_leased_by_its_first_row(unit: &mut dyn UnitOfWork) {
    for (id, trigger_id, ordinal) in [(3, 1, 2), (4, 1, 1), (5, 2, 9), (6, 1, 3)] {
        unit.insert_pending(&PendingWork { trigger_id, ordinal, ..work(id, PendingKind::Cascade) }).await.unwrap();
    }
    unit.insert_pending(&PendingWork { ordinal: 0, ..work(7, PendingKind::Monitor) }).await.unwrap();
    let ids = |found: Vec<PendingWork>| found.into_iter().map(|work| (work.pending_id, work.attempts)).collect::<Vec<_>>();
    assert_eq!(ids(unit.pending_of_trigger(1).await.unwrap()), [(4, 0), (3, 0), (6, 0)]);
    assert_eq!(ids(unit.pending_of_trigger(3).await.unwrap()), []);
    assert_eq!(ids(unit.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap()), [(4, 1), (5, 1)]);
    assert_eq!(ids(unit.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap()), []);
    unit.delete_pending(4).await.unwrap();
    assert_eq!(ids(unit.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap()), [(3, 1)]);
}

/// A note that work of another store was done is made once, and goes with its transaction.
pub async fn what_was_applied_is_noted_once(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    assert_eq!(unit.mark_applied(1).await, Ok(true));
    unit.rollback().await.unwrap();
    unit.begin().await.unwrap();
    assert_eq!(unit.mark_applied(1).await, Ok(true));
    assert_eq!(unit.mark_applied(1).await, Ok(false));
    unit.commit().await.unwrap();
    unit.begin().await.unwrap();
    assert_eq!((unit.mark_applied(1).await, unit.mark_applied(2).await), (Ok(false), Ok(true)));
    unit.commit().await.unwrap();
}

/// The journal is part of the transaction.
pub async fn the_journal_is_undone_with_its_transaction(unit: &mut dyn UnitOfWork) {
    unit.insert_pending(&work(1, PendingKind::Cascade)).await.unwrap();
    unit.begin().await.unwrap();
    unit.insert_trigger(&header(1, "http", Some("k"))).await.unwrap();
    unit.insert_logs(&[log(1)]).await.unwrap();
    unit.insert_details(&[DetailRow { uid: 1, ordinal: 1, body: "{}".to_owned() }]).await.unwrap();
    unit.insert_pending(&work(2, PendingKind::Cascade)).await.unwrap();
    assert_eq!(unit.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap().len(), 2);
    unit.delete_pending(1).await.unwrap();
    unit.rollback().await.unwrap();
    assert_eq!(unit.find_position("http", "k").await, Ok(None));
    let leased = unit.lease_pending(PendingKind::Cascade, "w", 60, 10).await.unwrap();
    assert_eq!(leased.iter().map(|work| (work.pending_id, work.attempts)).collect::<Vec<_>>(), [(1, 1)]);
    unit.insert_trigger(&header(1, "http", Some("k"))).await.unwrap();
    unit.insert_logs(&[log(1)]).await.unwrap();
    unit.insert_details(&[DetailRow { uid: 1, ordinal: 1, body: "{}".to_owned() }]).await.unwrap();
}
