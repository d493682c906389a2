//! Reading the journal back.

use chrono::TimeDelta;
use nightowl_core::model::{Pipeline, TriggerType};
use nightowl_core::port::{DetailRow, Journal, LogRow, PendingKind, PendingWork, TriggerHeader, TriggerStatus};
use nightowl_storage::Store;
use nightowl_storage::meta::{MetaTuple, content_hash, create};
use nightowl_storage::snowflake::EPOCH_MS;
use nightowl_storage::sql::{SqlUnitOfWork, tables};
use nightowl_storage::trace::{DefinitionRef, LogCriteria, PageRequest, TraceStore, TriggerCriteria, definitions_of, page_of_logs};
use serde_json::json;

use super::support::{definitions, edit, fresh, noon, on};

/// The id of a trigger that came so many seconds after a fixed moment.
fn id_at(seconds: i64) -> i64 {
    (1_700_000_000_000 + seconds * 1_000 - EPOCH_MS) << 22
}

fn trigger(seconds: i64, trace_id: &str, tenant_id: &str, status: TriggerStatus) -> TriggerHeader {
    TriggerHeader {
        trigger_id: id_at(seconds),
        tenant_id: tenant_id.to_owned(),
        trace_id: trace_id.to_owned(),
        topic_id: "t1".to_owned(),
        data_id: Some(seconds),
        trigger_type: TriggerType::Insert,
        user_id: "2".to_owned(),
        pat_key_id: None,
        source: "http".to_owned(),
        position_key: None,
        body_hash: None,
        status,
        failed_pipeline_ids: if status == TriggerStatus::Error { vec!["p1".to_owned()] } else { Vec::new() },
        finished_at: Some(noon()),
        payload: Some("{}".to_owned()),
        error: None,
    }
}

fn log(seconds: i64, number: i64, trace_id: &str, status: &'static str, pipeline_id: &str) -> LogRow {
    LogRow {
        uid: id_at(seconds) + number,
        tenant_id: "1".to_owned(),
        trace_id: trace_id.to_owned(),
        trigger_id: id_at(seconds),
        pipeline_id: pipeline_id.to_owned(),
        topic_id: "t1".to_owned(),
        data_id: seconds,
        status,
        started_at: noon() + TimeDelta::seconds(seconds) + TimeDelta::microseconds(number),
        spent_ms: 4,
        rolled_back: status == "ERROR",
        body: format!("{{\"n\":{number}}}"),
        definition_hash: "h".to_owned(),
    }
}

/// Ten triggers of tenant 1, the even ones failed, with two logs each; one trigger of tenant 2.
async fn journal() -> (Store, TraceStore) {
    let store = fresh().await;
    on!(store, session => {
        tables::prepare(session).await.unwrap();
        let mut journal = SqlUnitOfWork::new(session);
        for n in 0..10 {
            let (status, text) = if n % 2 == 0 { (TriggerStatus::Error, "ERROR") } else { (TriggerStatus::Done, "DONE") };
            let trace_id = format!("trace-{n}");
            journal.insert_trigger(&trigger(n, &trace_id, "1", status)).await.unwrap();
            journal.insert_logs(&[log(n, 1, &trace_id, text, "p1"), log(n, 2, &trace_id, "DONE", "p2")]).await.unwrap();
        }
        journal.insert_trigger(&trigger(99, "trace-0", "2", TriggerStatus::Pending)).await.unwrap();
        journal.insert_details(&[DetailRow { uid: id_at(0) + 1, ordinal: 1, body: "b".to_owned() }, DetailRow { uid: id_at(0) + 1, ordinal: 0, body: "a".to_owned() }]).await.unwrap();
        let work = PendingWork {
            pending_id: 5, kind: PendingKind::Cascade, tenant_id: "1".to_owned(), trace_id: "trace-0".to_owned(), trigger_id: id_at(0), ordinal: 0,
            body: "{}".to_owned(), attempts: 0,
        };
        journal.insert_pending(&work).await.unwrap();
    });
    let traces = TraceStore::new(store.clone());
    (store, traces)
}

#[tokio::test]
async fn everything_of_a_trace_id_is_found_in_order() {
    let (_store, traces) = journal().await;
    let trace = traces.trace("trace-0", Some("1")).await.unwrap();
    assert_eq!(trace.triggers, [trigger(0, "trace-0", "1", TriggerStatus::Error)]);
    assert_eq!(trace.logs.iter().map(|log| log.pipeline_id.as_str()).collect::<Vec<_>>(), ["p1", "p2"]);
    assert!(trace.logs[0].rolled_back && trace.logs[0].started_at == noon() + TimeDelta::microseconds(1));
    assert_eq!(trace.pending[0].kind, PendingKind::Cascade);
    assert_eq!(traces.trace("trace-0", None).await.unwrap().triggers.len(), 2);
    assert!(traces.trace("nothing", None).await.unwrap().is_empty());
    let details = traces.details(id_at(0) + 1).await.unwrap();
    assert_eq!(details.iter().map(|detail| detail.body.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn logs_are_paged_newest_first() {
    let (_store, traces) = journal().await;
    let criteria = LogCriteria { tenant_id: Some("1".to_owned()), ..LogCriteria::default() };
    let page = page_of_logs(std::slice::from_ref(&traces), &criteria, PageRequest::new(2, 8)).await.unwrap();
    assert_eq!((page.item_count, page.page_count, page.page_number, page.page_size, page.data.len()), (20, 3, 2, 8, 8));
    assert_eq!(page.data[0].uid, id_at(5) + 2);
    let last = page_of_logs(std::slice::from_ref(&traces), &criteria, PageRequest::new(99, 8)).await.unwrap();
    assert_eq!((last.page_number, last.data.len()), (3, 4));
    let none = page_of_logs(std::slice::from_ref(&traces), &LogCriteria { tenant_id: Some("9".to_owned()), ..LogCriteria::default() }, PageRequest::default())
        .await
        .unwrap();
    assert_eq!((none.page_number, none.page_count, none.item_count), (1, 0, 0));
}

#[tokio::test]
async fn pages_over_several_stores_are_those_of_one() {
    let seconds = [0, 7, 3, 3, 9, 1, 12, 4, 4, 4, 2];
    let all: Vec<LogRow> = (0..).zip(seconds).map(|(number, seconds)| log(seconds, number, "t", "DONE", "p1")).collect();
    let together = holding(all.clone()).await;
    let (third, rest): (Vec<LogRow>, Vec<LogRow>) = all.into_iter().partition(|log| log.data_id % 3 == 0);
    let apart = [holding(rest).await, holding(Vec::new()).await, holding(third).await];
    for size in [1, 2, 3, 4, 50] {
        for number in 1..=12 {
            let request = PageRequest::new(number, size);
            let one = page_of_logs(std::slice::from_ref(&together), &LogCriteria::default(), request).await.unwrap();
            assert_eq!(one.item_count, 11);
            assert_eq!(page_of_logs(&apart, &LogCriteria::default(), request).await.unwrap(), one, "page {number} of {size}");
        }
    }
}

/// A store with these logs.
async fn holding(logs: Vec<LogRow>) -> TraceStore {
    let store = fresh().await;
    on!(store, session => {
        tables::prepare(session).await.unwrap();
        SqlUnitOfWork::new(session).insert_logs(&logs).await.unwrap();
    });
    TraceStore::new(store)
}

#[tokio::test]
async fn logs_are_found_by_what_is_asked() {
    let (_store, traces) = journal().await;
    let count = async |criteria: LogCriteria| traces.count_logs(&criteria).await.unwrap();
    assert_eq!(count(LogCriteria { status: Some("ERROR".to_owned()), ..LogCriteria::default() }).await, 5);
    assert_eq!(count(LogCriteria { pipeline_id: Some("p2".to_owned()), trace_id: Some("trace-3".to_owned()), ..LogCriteria::default() }).await, 1);
    assert_eq!(count(LogCriteria { topic_id: Some("t2".to_owned()), ..LogCriteria::default() }).await, 0);
    let between = LogCriteria { start_date: Some(noon() + TimeDelta::seconds(2)), end_date: Some(noon() + TimeDelta::seconds(4)), ..LogCriteria::default() };
    assert_eq!(count(between).await, 4);
    let of_row = LogCriteria { data_id: Some(3), topic_id: Some("t1".to_owned()), ..LogCriteria::default() };
    assert_eq!(traces.newest_logs(&of_row, 1).await.unwrap()[0].pipeline_id, "p2");
    assert_eq!(traces.log(id_at(4) + 1).await.unwrap().unwrap().status, "ERROR");
    assert_eq!(traces.log(1).await.unwrap(), None);
}

#[tokio::test]
async fn triggers_are_listed_and_followed() {
    let (_store, traces) = journal().await;
    let list = async |criteria: TriggerCriteria, limit| traces.triggers(&criteria, limit).await.unwrap().iter().map(|one| one.trigger_id).collect::<Vec<_>>();
    let failed = TriggerCriteria { status: Some(TriggerStatus::Error), ..TriggerCriteria::default() };
    assert_eq!(list(failed, 2).await, [id_at(8), id_at(6)]);
    let since = TriggerCriteria { since_unix_ms: Some(1_700_000_008_000), tenant_id: Some("1".to_owned()), ..TriggerCriteria::default() };
    assert_eq!(list(since, 10).await, [id_at(9), id_at(8)]);
    let after = TriggerCriteria { after_trigger_id: Some(id_at(7)), pipeline_id: Some("p1".to_owned()), ..TriggerCriteria::default() };
    assert_eq!(list(after, 10).await, [id_at(8), id_at(9)]);
    let none = TriggerCriteria { pipeline_id: Some("p3".to_owned()), ..TriggerCriteria::default() };
    assert!(list(none, 10).await.is_empty());
    let one = traces.trigger(id_at(8)).await.unwrap().unwrap();
    assert_eq!(TraceStore::came_at_unix_ms(&one), 1_700_000_008_000);
}

#[tokio::test]
async fn the_definition_of_a_log_is_found_by_its_hash() {
    let (store, traces) = journal().await;
    let pipeline: Pipeline =
        definitions(&json!({"pipelineId": "p1", "topicId": "t1", "name": "x", "type": "insert", "tenantId": "1", "stages": []})).pipelines.remove(0);
    let mut logs = traces.trace("trace-0", None).await.unwrap().logs;
    logs[0].definition_hash = content_hash(&pipeline.content());
    let wanted = DefinitionRef::of(&logs[0]);
    let found = on!(store, session => {
        create(session, &pipeline, &edit()).await.unwrap();
        definitions_of(session, &logs).await.unwrap()
    });
    assert_eq!(found.len(), 1);
    assert_eq!(found[&wanted]["name"], json!("x"));
}
