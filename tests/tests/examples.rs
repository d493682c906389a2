//! The definitions in `config/example` are read and compiled without a word against them, and firing their triggers
//! gives exactly the rows that were worked out by hand.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use nightowl::door::{Delivery, Envelope, Fire};
use nightowl::rows::{RowsError, RowsQuery, read_rows};
use nightowl::{Nightowl, Sources};
use nightowl_auth::{Principal, UserStore as _};
use nightowl_core::compile::{Catalog, CatalogSource};
use nightowl_core::model::{Definitions, Problems, Topic};
use nightowl_core::value::read_json;
use nightowl_tests::servers::Server;
use serde_json::Value as Json;

const EXAMPLES: &[&str] = &["insurance", "order", "sample"];

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/example").join(example)
}

fn text_of(example: &str, file: &str) -> Result<String> {
    let path = folder(example).join(file);
    fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}

/// Reads the definitions of an example, JSON or YAML.
fn definitions(example: &str, problems: &mut Problems) -> Result<Definitions> {
    let json: Json = if folder(example).join("definitions.yaml").exists() {
        serde_norway::from_str(&text_of(example, "definitions.yaml")?)?
    } else {
        serde_json::from_str(&text_of(example, "definitions.json")?)?
    };
    Ok(Definitions::read(&json, example, problems))
}

fn topic<'a>(definitions: &'a Definitions, name: &str) -> Result<&'a Topic> {
    definitions.topics.iter().find(|topic| topic.name == name).with_context(|| format!("there is no topic {name}"))
}

#[test]
fn every_folder_is_an_example() {
    let entries = fs::read_dir(folder("")).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<String> = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(folders.iter().map(String::as_str).collect::<Vec<_>>(), EXAMPLES);
}

#[test]
fn definitions_compile_without_errors_and_warnings() {
    for example in EXAMPLES {
        let mut problems = Problems::default();
        let definitions = definitions(example, &mut problems).unwrap();
        let pipelines = definitions.pipelines.iter().map(|pipeline| (pipeline.clone(), String::new()).into()).collect();
        let source = CatalogSource { tenant_id: "1".to_owned(), topics: definitions.topics.clone(), pipelines, ..CatalogSource::default() };
        let catalog = Catalog::compile(source, &mut problems);
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "{example}");
        assert_eq!(catalog.pipelines().count(), definitions.pipelines.len(), "{example}");
        assert!(catalog.pipelines().count() >= 2, "{example}");
    }
}

#[test]
fn ids_are_fixed_and_tenant_1_owns_them() {
    for example in EXAMPLES {
        let definitions = definitions(example, &mut Problems::default()).unwrap();
        let owned = |tenant: &Option<String>| tenant.as_deref() == Some("1");
        assert!(definitions.topics.iter().all(|topic| owned(&topic.tenant_id) && !topic.topic_id.is_empty()), "{example}");
        assert!(definitions.pipelines.iter().all(|pipeline| owned(&pipeline.tenant_id) && !pipeline.pipeline_id.is_empty()), "{example}");
    }
}

#[test]
fn triggers_name_topics_of_their_example() {
    for example in EXAMPLES {
        let definitions = definitions(example, &mut Problems::default()).unwrap();
        for line in text_of(example, "triggers.ndjson").unwrap().lines() {
            let trigger: Json = serde_json::from_str(line).unwrap();
            assert!(trigger["data"].is_object(), "{line}");
            topic(&definitions, trigger["code"].as_str().unwrap()).unwrap();
        }
    }
}

/// A number as it compares, a text as it is, without the ids that a document gets.
fn comparable(row: &Json) -> Json {
    match row {
        Json::Object(members) => members.iter().filter(|(key, _)| !key.starts_with("aid_")).map(|(key, value)| (key.clone(), comparable(value))).collect(),
        Json::Array(items) => items.iter().map(comparable).collect(),
        Json::Number(number) => Json::from(number.as_f64()),
        other => other.clone(),
    }
}

#[tokio::test]
async fn the_rows_of_each_example_are_those_that_were_worked_out_by_hand() {
    for example in EXAMPLES {
        gives_its_rows(example, None).await;
    }
}

#[tokio::test]
async fn and_they_are_the_same_on_servers() {
    for server in Server::ALL {
        for example in EXAMPLES {
            if let Some(url) = server.fresh().await {
                gives_its_rows(example, Some(url)).await;
            }
        }
    }
}

/// Fires an example's triggers on a fresh store and compares all rows.
async fn gives_its_rows(example: &str, url: Option<String>) {
    let data = tempfile::tempdir().unwrap();
    let url = url.unwrap_or_else(|| format!("sqlite://{}/nightowl.db", data.path().display()));
    let sources = Sources::default()
        .option("storage.url", &url)
        .option("storage.data_dir", &data.path().display().to_string())
        .option("auth.first_super_password", "only-for-this-test")
        .option("auth.first_admin_password", "only-for-this-test")
        .option("engine.time_zone", "UTC");
    let nightowl = Nightowl::open(&sources).await.unwrap();
    nightowl.apply(&[folder(example)]).await.unwrap();
    let node = nightowl.node();
    let owner = node.accounts.find_user_by_name("imma-admin").await.unwrap().unwrap();
    let fire = Fire::new(Arc::clone(node));
    for line in text_of(example, "triggers.ndjson").unwrap().lines() {
        let envelope = Envelope::read(&read_json(line, 128).unwrap()).unwrap();
        let delivery = Delivery::new(envelope, "direct");
        let answer = fire.submit_as(&Principal::of_user(&owner), delivery).await.unwrap().outcome().await.unwrap();
        assert_eq!(answer.status, "DONE", "{example}: {line}");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/examples/{example}.json"));
    let expected: Json = serde_json::from_str(&fs::read_to_string(golden).unwrap()).unwrap();
    for (topic, rows) in expected["rows"].as_object().unwrap() {
        let mut found = Vec::new();
        let query = RowsQuery { tenant_id: "1".to_owned(), topic: topic.clone(), ..RowsQuery::default() };
        read_rows(node, &query, |row| {
            found.push(comparable(&row));
            Ok::<_, RowsError>(())
        })
        .await
        .unwrap();
        assert_eq!(Json::from(found), comparable(rows), "{example}, {topic}");
    }
    nightowl.close().await.unwrap();
}
