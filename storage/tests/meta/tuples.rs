//! Saving, finding, versions, history.

use nightowl_core::compile::{Catalog, ColumnKind};
use nightowl_core::error::Coded;
use nightowl_core::model::{DataSource, ExternalWriterDefinition, KeyStoreDefinition, Pipeline, Problems, Tenant, Topic};
use nightowl_core::value::{DateFormats, Value};
use nightowl_storage::meta::{
    DefinitionKind, Expected, MetaError, MetaTuple, Stored, change_token, content_hash, create, delete, find, find_by_name, find_definition, list,
    list_definitions, load_tenant, save, update,
};
use serde_json::json;

use super::support::{definitions, edit, fresh, on};

fn topic() -> Topic {
    definitions(&json!({
        "topicId": "t1", "name": "order", "type": "distinct", "tenantId": "1", "description": "orders", "version": 9,
        "factors": [{"factorId": "g1", "name": "no", "type": "text", "precision": "40", "indexGroup": "u-1"}, {"factorId": "g2", "name": "at", "type": "datetime", "defaultValue": "now"}],
    }))
    .topics
    .remove(0)
}

fn pipeline() -> Pipeline {
    definitions(&json!({
        "pipelineId": "p1", "topicId": "t1", "name": "to lines", "type": "insert", "enabled": true, "tenantId": "1",
        "conditional": true, "on": {"jointType": "and", "filters": [{"left": {"kind": "topic", "topicId": "t1", "factorId": "g1"}, "operator": "not-empty"}]},
        "stages": [{"stageId": "s1", "name": "one", "units": [{"unitId": "u1", "do": [
            {"actionId": "a1", "type": "insert-row", "topicId": "t2", "mapping": [{"factorId": "h1", "source": {"kind": "constant", "value": "{no}"}}]}]}]},
            {"stageId": "s2", "dependsOn": [], "units": []}],
    }))
    .pipelines
    .remove(0)
}

/// A tuple is created, found by id and by name, listed, changed, deleted.
async fn lives<T: MetaTuple + PartialEq + std::fmt::Debug + 'static>(tuple: T, changed: T) {
    let store = fresh().await;
    on!(store, session => {
        let created = create(session, &tuple, &edit()).await.unwrap();
        assert_eq!((created.tuple.content(), created.version), (tuple.content(), 1));
        assert_eq!((created.created_by.as_str(), created.last_modified_by.as_str()), ("2", "2"));
        let tenant = tuple.tenant_id().unwrap();
        assert_eq!(find::<T>(session, &tuple.id()).await.unwrap().as_ref(), Some(&created));
        assert_eq!(find_by_name::<T>(session, tenant, tuple.name()).await.unwrap().as_ref(), Some(&created));
        assert!(list::<T>(session, tenant).await.unwrap().contains(&created));
        let saved = save(session, &changed, Expected::Version(1), &edit()).await.unwrap();
        assert_eq!(saved.tuple.content(), changed.content());
        let deleted: Stored<T> = delete(session, &tuple.id(), &edit()).await.unwrap();
        assert_eq!(deleted, saved);
        assert_eq!(find::<T>(session, &tuple.id()).await.unwrap(), None);
        let twice = delete::<T>(session, &tuple.id(), &edit()).await.unwrap_err();
        assert_eq!(twice.code(), "storage-entity-not-found");
    });
}

#[tokio::test]
async fn topics_live() {
    let mut changed = topic();
    changed.factors.pop();
    lives(topic(), changed).await;
}

#[tokio::test]
async fn pipelines_live() {
    lives(pipeline(), Pipeline { enabled: false, ..pipeline() }).await;
}

#[tokio::test]
async fn tenants_live() {
    lives(Tenant { tenant_id: "7".to_owned(), name: "seven".to_owned() }, Tenant { tenant_id: "7".to_owned(), name: "Seven".to_owned() }).await;
}

#[tokio::test]
async fn data_sources_live() {
    let json = json!({"dataSourceId": "d1", "dataSourceCode": "main", "dataSourceType": "postgresql", "host": "db", "port": 5432, "password": "env:PW", "tenantId": "1"});
    let data_source: DataSource = definitions(&json).data_sources.remove(0);
    lives(data_source.clone(), DataSource { host: None, url: Some("sqlite://x".to_owned()), ..data_source }).await;
}

#[tokio::test]
async fn external_writers_live() {
    let json = json!({"writerId": "w1", "writerCode": "crm", "type": "kafka-writer", "url": "kafka://b/t", "pat": "file:/p", "tenantId": "1"});
    let writer: ExternalWriterDefinition = definitions(&json).external_writers.remove(0);
    lives(writer.clone(), ExternalWriterDefinition { name: Some("CRM".to_owned()), ..writer }).await;
}

#[tokio::test]
async fn key_stores_live() {
    let json = json!({"keyType": "AES256-PKCS5-PADDING", "params": {"key": "0123456789abcdef0123456789abcdef", "iv": "0123456789abcdef"}, "tenantId": "1"});
    let key_store: KeyStoreDefinition = definitions(&json).key_stores.remove(0);
    lives(key_store.clone(), KeyStoreDefinition { params: json!({"key": "n", "iv": "i"}), ..key_store }).await;
}

#[tokio::test]
async fn an_update_of_an_older_version_is_refused() {
    let store = fresh().await;
    on!(store, session => {
        create(session, &topic(), &edit()).await.unwrap();
        let second = update(session, &Topic { description: None, ..topic() }, Expected::Version(1), &edit()).await.unwrap();
        assert_eq!((second.version, second.tuple.version), (2, 2));
        let late = update(session, &topic(), Expected::Version(1), &edit()).await.unwrap_err();
        assert_eq!(late, MetaError::OptimisticLock { kind: "topic", id: "t1".to_owned(), version: 1 });
        assert_eq!(update(session, &topic(), Expected::Any, &edit()).await.unwrap().version, 3);
    });
}

#[tokio::test]
async fn every_change_of_a_topic_has_a_record_and_every_content_is_kept_once() {
    let store = fresh().await;
    on!(store, session => {
        create(session, &topic(), &edit()).await.unwrap();
        let other = Topic { description: None, ..topic() };
        update(session, &other, Expected::Any, &edit()).await.unwrap();
        update(session, &topic(), Expected::Any, &edit()).await.unwrap();
        delete::<Topic>(session, "t1", &edit()).await.unwrap();
        let text = ColumnKind::Text { length: 100 };
        let sql = "SELECT operation_type, tuple_type, tuple_key, tuple_id, version_num, content FROM operations ORDER BY record_id";
        let rows = session.query(sql, &[], &[text, text, text, text, text, ColumnKind::Json]).await.unwrap();
        let operations: Vec<&str> = rows.iter().map(|row| row[0].as_text().unwrap()).collect();
        assert_eq!(operations, ["create", "update", "update", "delete"]);
        assert_eq!(rows[0][1..5], ["topics", "topic_id", "t1", "50.0.0"].map(Value::from));
        assert_eq!(rows[3][5].as_object().unwrap().get("version"), Some(&Value::from(3)));
        let kept = list_definitions(session, DefinitionKind::Topic, "t1").await.unwrap();
        assert_eq!(kept.len(), 2);
        let hash = content_hash(&other.content());
        let content = find_definition(session, DefinitionKind::Topic, "t1", &hash).await.unwrap().unwrap();
        assert_eq!(content, other.content());
        assert_eq!(content.get("version"), None);
        assert_eq!(find_definition(session, DefinitionKind::Pipeline, "t1", &hash).await.unwrap(), None);
    });
}

#[tokio::test]
async fn who_changed_what_is_kept_without_secrets() {
    let store = fresh().await;
    on!(store, session => {
        let json = json!({"writerId": "w1", "writerCode": "crm", "type": "standard-writer", "pat": "hidden-token", "tenantId": "1"});
        let writer: ExternalWriterDefinition = definitions(&json).external_writers.remove(0);
        create(session, &writer, &edit()).await.unwrap();
        let changed = ExternalWriterDefinition { url: Some("http://crm".to_owned()), ..writer.clone() };
        update(session, &changed, Expected::Any, &edit()).await.unwrap();
        delete::<ExternalWriterDefinition>(session, "w1", &edit()).await.unwrap();
        let text = ColumnKind::Text { length: 255 };
        let rows = session.query("SELECT action, tuple, hash_before, hash_after, user_id FROM nightowl_audit ORDER BY audit_id", &[], &[text; 5]).await.unwrap();
        let (first, second) = (Value::from(content_hash(&writer.content())), Value::from(content_hash(&changed.content())));
        let expected = [("create", Value::Null, first.clone()), ("update", first, second.clone()), ("delete", second, Value::Null)];
        for (row, (action, before, after)) in rows.iter().zip(expected) {
            assert_eq!(row.as_slice(), [action.into(), "external_writers w1".into(), before, after, "2".into()]);
        }
        assert!(!format!("{rows:?}").contains("hidden-token"));
    });
}

#[tokio::test]
async fn a_tenant_is_loaded_with_all_that_belongs_to_it_and_changes_are_noticed() {
    let store = fresh().await;
    on!(store, session => {
        create(session, &topic(), &edit()).await.unwrap();
        create(session, &pipeline(), &edit()).await.unwrap();
        create(session, &Tenant { tenant_id: "2".to_owned(), name: "two".to_owned() }, &edit()).await.unwrap();
        let loaded = load_tenant(session, "1").await.unwrap().unwrap();
        assert_eq!(loaded.topics.len(), 1);
        assert_eq!(loaded.pipelines[0].stored.tuple.to_json(), pipeline().to_json());
        assert_eq!(loaded.pipelines[0].content_hash, content_hash(&pipeline().content()));
        assert_eq!(loaded.token, change_token(session, "1").await.unwrap());
        assert!(load_tenant(session, "2").await.unwrap().unwrap().topics.is_empty());
        assert_eq!(load_tenant(session, "3").await.unwrap(), None);
        update(session, &Pipeline { enabled: false, ..pipeline() }, Expected::Any, &edit()).await.unwrap();
        let changed = change_token(session, "1").await.unwrap();
        assert_ne!(loaded.token, changed);
        delete::<Topic>(session, "t1", &edit()).await.unwrap();
        let without = change_token(session, "1").await.unwrap();
        assert_ne!(changed, without);
        let key_store = |key: &str| definitions(&json!({"keyType": "MD5", "params": {"key": key}, "tenantId": "1"})).key_stores.remove(0);
        create(session, &key_store("a"), &edit()).await.unwrap();
        let first_key = change_token(session, "1").await.unwrap();
        assert_ne!(without, first_key);
        update(session, &key_store("b"), Expected::Any, &edit()).await.unwrap();
        assert_ne!(first_key, change_token(session, "1").await.unwrap());
    });
}

#[tokio::test]
async fn a_catalog_is_compiled_from_what_is_stored_with_the_key_of_the_tenant() {
    let store = fresh().await;
    on!(store, session => {
        create(session, &topic(), &edit()).await.unwrap();
        create(session, &pipeline(), &edit()).await.unwrap();
        let source = load_tenant(session, "1").await.unwrap().unwrap().catalog_source(None, DateFormats::default()).unwrap();
        assert!(source.aes_key.is_none());
        let catalog = Catalog::compile(source, &mut Problems::default());
        assert!(catalog.topic_by_name("order").is_some() && catalog.pipeline("p1").is_some());
        let key_store = |key: &str| {
            let json = json!({"keyType": "AES256-PKCS5-PADDING", "params": {"key": key, "iv": "0123456789abcdef"}, "tenantId": "1"});
            definitions(&json).key_stores.remove(0)
        };
        create(session, &key_store("0123456789abcdef0123456789abcdef"), &edit()).await.unwrap();
        let loaded = load_tenant(session, "1").await.unwrap().unwrap();
        assert!(loaded.catalog_source(None, DateFormats::default()).unwrap().aes_key.is_some());
        let short = json!({"key": "short-secret", "iv": "0123456789abcdef"});
        let damaged = KeyStoreDefinition { params: short, ..key_store("0123456789abcdef0123456789abcdef") };
        update(session, &damaged, Expected::Any, &edit()).await.unwrap();
        let damaged = load_tenant(session, "1").await.unwrap().unwrap().catalog_source(None, DateFormats::default()).unwrap_err();
        assert_eq!(damaged.code(), "storage-tuple-damaged");
        assert!(!damaged.to_string().contains("short-secret"));
    });
}

#[tokio::test]
async fn a_mistake_in_a_stored_pipeline_is_told_with_it() {
    let store = fresh().await;
    on!(store, session => {
        create(session, &pipeline(), &edit()).await.unwrap();
        session.execute("UPDATE pipelines SET stages = replace(stages, 'insert-row', 'launch-rocket')", &[]).await.unwrap();
        let found = find::<Pipeline>(session, "p1").await.unwrap().unwrap();
        assert!(found.problems.has_errors());
        session.execute("UPDATE pipelines SET type = 'sometimes', stages = '[]'", &[]).await.unwrap();
        assert!(find::<Pipeline>(session, "p1").await.unwrap().unwrap().problems.has_errors());
    });
}

#[test]
fn no_secret_is_in_an_error() {
    let shown = MetaError::Password { kind: "user", name: "ann".to_owned(), reason: "too short".to_owned() }.to_string();
    assert_eq!(shown, "failed to keep the password of user \"ann\": too short");
}
