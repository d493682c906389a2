//! The definitions in `config/example` are read and compiled without a word against them, and what stands beside them
//! belongs to them: triggers that name their topics, and expected rows that have the factors of their topics.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nightowl_core::compile::{Catalog, CatalogSource};
use nightowl_core::model::{Definitions, Problems, Topic, TopicType};
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

#[test]
fn expected_rows_have_the_factors_of_their_topics() {
    for example in EXAMPLES {
        let definitions = definitions(example, &mut Problems::default()).unwrap();
        let expected: Json = serde_json::from_str(&text_of(example, "expected.json").unwrap()).unwrap();
        let rows = expected["rows"].as_object().unwrap();
        assert_eq!(rows.keys().collect::<BTreeSet<_>>(), definitions.topics.iter().map(|topic| &topic.name).collect(), "{example}");
        for (name, rows) in rows {
            let topic = topic(&definitions, name).unwrap();
            let rows = rows.as_array().unwrap();
            assert_eq!(expected["counts"][name], rows.len(), "{example}, {name}");
            for row in rows.iter().filter(|_| topic.topic_type != TopicType::Raw) {
                let keys: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(keys, topic.factors.iter().map(|factor| factor.name.as_str()).collect::<Vec<_>>(), "{example}, {name}");
            }
        }
    }
}
