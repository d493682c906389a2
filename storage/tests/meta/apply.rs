//! Definitions as code.

use nightowl_core::error::Coded;
use nightowl_core::model::{DataSource, ExternalWriterDefinition, Pipeline, Topic, UserDefinition};
use nightowl_storage::meta::apply::{ApplyOptions, Change, DataSourceTarget, Plan, UnknownDataSource};
use nightowl_storage::meta::{MetaError, find, find_by_name, list};
use serde_json::{Value as Json, json};

use super::support::{applied, fresh, on};

fn changes(plan: &Plan) -> Vec<(&str, &str, Change)> {
    plan.items.iter().map(|item| (item.kind, item.name.as_str(), item.change)).collect()
}

fn codes(result: Result<Plan, MetaError>) -> Vec<&'static str> {
    match result {
        Err(MetaError::Definitions(problems)) => problems.iter().map(|problem| problem.code).collect(),
        other => panic!("{other:?}"),
    }
}

/// An order topic, a line topic, a pipeline between them; every id is to be made.
fn faked() -> Json {
    json!({
        "topics": [
            {"topicId": "f-1", "name": "order", "type": "raw", "factors": [{"factorId": "f-11", "name": "no", "type": "text"}]},
            {"topicId": "f-2", "name": "line", "type": "distinct", "factors": [{"factorId": "f-11", "name": "no", "type": "text"}]}],
        "pipelines": [
            {"pipelineId": "", "topicId": "f-1", "name": "to line", "type": "insert", "enabled": true, "stages": [
                {"stageId": "f-s", "units": [{"unitId": "f-u", "do": [
                    {"actionId": "f-a", "type": "insert-row", "topicId": "f-2", "mapping": [
                        {"factorId": "f-11", "source": {"kind": "topic", "topicId": "f-1", "factorId": "f-11"}}]}]}]},
                {"stageId": "f-t", "dependsOn": ["f-s"], "units": []}]}],
    })
}

#[tokio::test]
async fn what_is_applied_again_is_unchanged() {
    let store = fresh().await;
    let document = json!({
        "tenants": [{"tenantId": "7", "name": "seven"}],
        "users": [{"userId": "f-9", "name": "ann", "role": "admin", "tenantId": "7", "password": "correct horse"}],
        "dataSources": [{"dataSourceId": "d1", "dataSourceCode": "own", "dataSourceType": "sqlite", "url": "sqlite://x.db", "tenantId": "7"}],
        "keyStores": [{"keyType": "AES256-PKCS5-PADDING", "params": {"key": "0123456789abcdef0123456789abcdef", "iv": "0123456789abcdef"}, "tenantId": "7"}],
        "externalWriters": [{"writerId": "w1", "writerCode": "crm", "type": "standard-writer", "tenantId": "7"}],
        "topics": [{"topicId": "t1", "name": "order", "type": "raw", "tenantId": "7", "dataSourceId": "d1", "factors": [], "version": 12}],
        "pipelines": [{"pipelineId": "p1", "topicId": "t1", "name": "x", "type": "insert", "tenantId": "7", "stages": []}],
    });
    let first = applied(&store, &document, ApplyOptions::default()).await.unwrap();
    assert_eq!(
        changes(&first),
        [
            ("tenant", "seven", Change::Create),
            ("user", "ann", Change::Create),
            ("data source", "own", Change::Create),
            ("key store", "AES256-PKCS5-PADDING", Change::Create),
            ("external writer", "crm", Change::Create),
            ("topic", "order", Change::Create),
            ("pipeline", "x", Change::Create),
        ]
    );
    assert_eq!(first.changed_tenants(), ["7"]);
    let second = applied(&store, &document, ApplyOptions::default()).await.unwrap();
    assert_eq!(second.count(Change::Unchanged), 7);
    assert!(!second.changes_anything());
    let ann = on!(store, session => find_by_name::<UserDefinition>(session, "7", "ann").await.unwrap().unwrap());
    assert!(ann.tuple.password.unwrap().starts_with("$argon2id$"));
    assert_eq!(ann.version, 1);
}

#[tokio::test]
async fn faked_ids_are_replaced_with_what_refers_to_them_and_stay_the_same_later() {
    let store = fresh().await;
    applied(&store, &faked(), ApplyOptions::default()).await.unwrap();
    let (order, line, pipelines) = on!(store, session => {
        let order = find_by_name::<Topic>(session, "1", "order").await.unwrap().unwrap().tuple;
        let line = find_by_name::<Topic>(session, "1", "line").await.unwrap().unwrap().tuple;
        (order, line, list::<Pipeline>(session, "1").await.unwrap())
    });
    let pipeline = &pipelines[0].tuple;
    let text = pipeline.to_json().to_string();
    assert!(!text.contains("f-"), "{text}");
    assert_eq!(pipeline.topic_id, order.topic_id);
    assert_ne!(order.factors[0].factor_id, line.factors[0].factor_id);
    let mapping = &pipeline.to_json()["stages"][0]["units"][0]["do"][0]["mapping"][0];
    assert_eq!(mapping["factorId"], json!(line.factors[0].factor_id));
    assert_eq!(mapping["source"]["topicId"], json!(order.topic_id));
    assert_eq!(mapping["source"]["factorId"], json!(order.factors[0].factor_id));
    assert_eq!(pipeline.stages[1].depends_on.as_ref().unwrap(), &[pipeline.stages[0].stage_id.clone()]);
    let again = applied(&store, &faked(), ApplyOptions::default()).await.unwrap();
    assert_eq!(again.count(Change::Unchanged), 3, "{again:?}");
}

#[tokio::test]
async fn a_tuple_of_another_id_and_the_same_name_is_the_stored_one() {
    let store = fresh().await;
    let there = json!([{"topicId": "100", "name": "order", "type": "distinct", "factors": [{"factorId": "100-1", "name": "no", "type": "text"}]}]);
    applied(&store, &there, ApplyOptions::default()).await.unwrap();
    let export = json!({
        "topics": [{"topicId": "200", "name": "order", "type": "distinct", "factors": [
            {"factorId": "200-1", "name": "no", "type": "text"}, {"factorId": "200-2", "name": "qty", "type": "number"}]}],
        "pipelines": [{"pipelineId": "300", "topicId": "200", "name": "p", "type": "insert", "conditional": true,
            "on": {"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "200", "factorId": "200-1"}, "operator": "not-empty"}]}, "stages": []}],
    });
    let plan = applied(&store, &export, ApplyOptions::default()).await.unwrap();
    assert_eq!(plan.items[0].keys, ["factors"]);
    assert_eq!((plan.items[0].id.as_str(), plan.items[0].change), ("100", Change::Update));
    let pipeline = on!(store, session => find::<Pipeline>(session, "300").await.unwrap().unwrap().tuple);
    assert_eq!(pipeline.topic_id, "100");
    assert_eq!(pipeline.to_json()["on"]["filters"][0]["left"]["factorId"], json!("100-1"));
    let again = applied(&store, &export, ApplyOptions::default()).await.unwrap();
    assert!(!again.changes_anything(), "{again:?}");
}

#[tokio::test]
async fn pipelines_of_one_name_are_not_taken_for_each_other() {
    let store = fresh().await;
    let pipelines = json!([
        {"pipelineId": "11", "topicId": "t1", "name": "same", "type": "insert", "stages": []},
        {"pipelineId": "10", "topicId": "t1", "name": "same", "type": "merge", "stages": []}]);
    let first = json!([pipelines[1]]);
    applied(&store, &first, ApplyOptions::default()).await.unwrap();
    let plan = applied(&store, &pipelines, ApplyOptions::default()).await.unwrap();
    assert_eq!(plan.items.iter().map(|item| (item.id.as_str(), item.change)).collect::<Vec<_>>(), [("11", Change::Create), ("10", Change::Unchanged)]);
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_and_keeps_nothing() {
    let store = fresh().await;
    let plan = applied(&store, &faked(), ApplyOptions { dry_run: true, ..ApplyOptions::default() }).await.unwrap();
    assert_eq!(plan.count(Change::Create), 3);
    let topics = on!(store, session => list::<Topic>(session, "1").await.unwrap());
    assert_eq!(topics, []);
}

#[tokio::test]
async fn every_mistake_is_told_and_nothing_is_kept() {
    let store = fresh().await;
    let document = json!({
        "users": [{"name": "imma-admin", "role": "boss"}],
        "dataSources": [{"dataSourceId": "d1", "dataSourceType": "mysql", "password": "in clear"}],
        "topics": [
            {"topicId": "t1", "name": "a", "type": "raw", "tenantId": "9"},
            {"topicId": "t2", "name": "b", "type": "raw", "dataSourceId": "gone"},
            {"topicId": "t3", "name": "c", "type": "raw"},
            {"topicId": "t3", "name": "d", "type": "raw"},
            {"topicId": "t4", "name": "c", "type": "raw"},
            {"topicId": "f-1", "name": "e", "type": "raw"},
            {"topicId": "f-1", "name": "f", "type": "raw"}],
    });
    let result = applied(&store, &document, ApplyOptions::default()).await;
    let shown = format!("{result:?}");
    assert!(!shown.contains("in clear\""), "{shown}");
    assert_eq!(result.as_ref().unwrap_err().code(), "definition-unknown-value");
    assert_eq!(
        codes(result),
        [
            "definition-unknown-value",
            "definition-password-in-clear",
            "definition-tenant-unknown",
            "definition-data-source-unknown",
            "definition-id-twice",
            "definition-name-twice",
            "definition-id-twice",
        ]
    );
    let topics = on!(store, session => list::<Topic>(session, "1").await.unwrap());
    assert_eq!(topics, []);
}

#[tokio::test]
async fn a_data_source_of_an_export_is_replaced_as_told() {
    let store = fresh().await;
    let own = json!([{"dataSourceId": "d1", "dataSourceCode": "own", "dataSourceType": "sqlite"}]);
    applied(&store, &own, ApplyOptions::default()).await.unwrap();
    let topic = |name: &str, source: &str| json!({"topicId": "f-x", "name": name, "type": "raw", "dataSourceId": source});
    let target = |from: &str, to: DataSourceTarget| ApplyOptions { data_sources: [(from.to_owned(), to)].into(), ..ApplyOptions::default() };
    applied(&store, &topic("a", "OLD"), target("OLD", DataSourceTarget::DataSource("d1".to_owned()))).await.unwrap();
    applied(&store, &topic("b", "OLD"), target("OLD", DataSourceTarget::DefaultStore)).await.unwrap();
    applied(&store, &topic("c", "d1"), ApplyOptions::default()).await.unwrap();
    let lenient = ApplyOptions { unknown_data_source: UnknownDataSource::DefaultStore, ..ApplyOptions::default() };
    let plan = applied(&store, &topic("d", "OLD"), lenient).await.unwrap();
    assert_eq!(plan.warnings.len(), 1);
    let sources = on!(store, session => {
        let mut topics = list::<Topic>(session, "1").await.unwrap();
        topics.sort_by(|left, right| left.tuple.name.cmp(&right.tuple.name));
        topics.into_iter().map(|topic| topic.tuple.data_source_id).collect::<Vec<_>>()
    });
    let d1 = Some("d1".to_owned());
    assert_eq!(sources, [d1.clone(), None, d1, None]);
}

#[tokio::test]
async fn a_data_source_of_another_tenant_is_unknown() {
    let store = fresh().await;
    let document = json!({
        "tenants": [{"tenantId": "7", "name": "seven"}],
        "dataSources": [{"dataSourceId": "d7", "dataSourceType": "sqlite", "tenantId": "7"}],
        "topics": [{"topicId": "t1", "name": "a", "type": "raw", "dataSourceId": "d7"}],
    });
    assert_eq!(codes(applied(&store, &document, ApplyOptions::default()).await), ["definition-data-source-unknown"]);
}

#[tokio::test]
async fn nothing_moves_from_one_tenant_to_another() {
    let store = fresh().await;
    let topic =
        |tenant: &str| json!({"tenants": [{"tenantId": "7", "name": "seven"}], "topics": [{"topicId": "t1", "name": "a", "type": "raw", "tenantId": tenant}]});
    applied(&store, &topic("7"), ApplyOptions::default()).await.unwrap();
    assert_eq!(codes(applied(&store, &topic("1"), ApplyOptions::default()).await), ["definition-id-of-another-tenant"]);
    let ann = json!({"name": "imma-admin", "role": "admin", "tenantId": "7"});
    assert_eq!(codes(applied(&store, &ann, ApplyOptions::default()).await), ["definition-id-of-another-tenant"]);
}

#[tokio::test]
async fn secrets_that_the_files_leave_out_stay() {
    let store = fresh().await;
    let with = json!({
        "dataSources": [{"dataSourceId": "d1", "dataSourceCode": "x", "dataSourceType": "postgresql", "host": "a", "password": "env:PW"}],
        "externalWriters": [{"writerId": "w1", "writerCode": "crm", "type": "standard-writer", "pat": "file:/p"}],
        "users": [{"userId": "5", "name": "bob", "role": "console", "password": "correct horse"}],
    });
    applied(&store, &with, ApplyOptions::default()).await.unwrap();
    let without = json!({
        "dataSources": [{"dataSourceId": "d1", "dataSourceCode": "x", "dataSourceType": "postgresql", "host": "b"}],
        "externalWriters": [{"writerId": "w1", "writerCode": "crm", "type": "standard-writer", "url": "http://crm"}],
        "users": [{"userId": "5", "name": "bob", "nickName": "Bob", "role": "console"}],
    });
    let plan = applied(&store, &without, ApplyOptions::default()).await.unwrap();
    assert_eq!(plan.items.iter().map(|item| item.keys.clone()).collect::<Vec<_>>(), [["nickName"], ["host"], ["url"]]);
    on!(store, session => {
        assert_eq!(find::<DataSource>(session, "d1").await.unwrap().unwrap().tuple.password.as_deref(), Some("env:PW"));
        assert_eq!(find::<ExternalWriterDefinition>(session, "w1").await.unwrap().unwrap().tuple.pat.as_deref(), Some("file:/p"));
        assert!(find::<UserDefinition>(session, "5").await.unwrap().unwrap().tuple.password.is_some());
    });
}

#[tokio::test]
async fn pruning_takes_what_the_files_no_longer_hold() {
    let store = fresh().await;
    let all = json!({
        "tenants": [{"tenantId": "7", "name": "seven"}],
        "topics": [
            {"topicId": "t1", "name": "a", "type": "raw"}, {"topicId": "t2", "name": "b", "type": "raw"},
            {"topicId": "t3", "name": "sys", "type": "raw", "kind": "system"}, {"topicId": "t7", "name": "a", "type": "raw", "tenantId": "7"}],
        "pipelines": [
            {"pipelineId": "p2", "topicId": "t2", "name": "x", "type": "insert", "stages": []},
            {"pipelineId": "p3", "topicId": "t3", "name": "y", "type": "insert", "stages": []}],
    });
    applied(&store, &all, ApplyOptions::default()).await.unwrap();
    let fewer = json!([{"topicId": "t1", "name": "a", "type": "raw"}]);
    let plan = applied(&store, &fewer, ApplyOptions { prune: true, ..ApplyOptions::default() }).await.unwrap();
    let deleted: Vec<&str> = plan.items.iter().filter(|item| item.change == Change::Delete).map(|item| item.id.as_str()).collect();
    assert_eq!(deleted, ["p2", "t2"]);
    on!(store, session => {
        assert!(find::<Topic>(session, "t3").await.unwrap().is_some());
        assert!(find::<Topic>(session, "t7").await.unwrap().is_some());
        assert!(find::<Pipeline>(session, "p3").await.unwrap().is_some());
    });
}
