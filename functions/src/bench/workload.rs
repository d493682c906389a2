//! Workload files: `{name, about, topics, pipelines, triggers, cycle}` (surface.md §21).

use std::path::Path;

use nightowl_core::model::{Definitions, Problems, Severity};
use serde_json::{Value as Json, json};

use super::BenchError;

/// The tenant that the symbol of workload files stands for.
const TENANT: &str = "1";

/// A workload.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// Whether its triggers start again at their end.
    pub cycle: bool,
    /// Its triggers, as the texts that a caller sends.
    pub triggers: Vec<String>,
    tuples: Vec<Json>,
}

impl Workload {
    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, BenchError> {
        let wrong = |reason: String| BenchError::Workload { file: file.to_path_buf(), reason };
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let document: Json = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let list = |key: &str| document.get(key).and_then(Json::as_array).cloned().ok_or_else(|| wrong(format!("\"{key}\" is no list")));
        let triggers: Vec<String> = list("triggers")?.iter().map(ToString::to_string).collect();
        if triggers.is_empty() {
            return Err(wrong("it has no triggers".to_owned()));
        }
        let mut tuples = list("topics")?;
        tuples.extend(list("pipelines")?);
        for tuple in &mut tuples {
            if let Some(object) = tuple.as_object_mut() {
                object.insert("tenantId".to_owned(), json!(TENANT));
            }
        }
        let name = document.get("name").and_then(Json::as_str).ok_or_else(|| wrong("\"name\" is no text".to_owned()))?.to_owned();
        let workload = Self { name, cycle: document.get("cycle").and_then(Json::as_bool).unwrap_or(false), triggers, tuples };
        let mut problems = Problems::default();
        workload.read_definitions(&mut problems);
        match problems.iter().find(|problem| problem.severity == Severity::Error) {
            Some(problem) => Err(wrong(problem.to_string())),
            None => Ok(workload),
        }
    }

    /// Its topics and pipelines, of tenant 1.
    pub fn definitions(&self) -> Definitions {
        self.read_definitions(&mut Problems::default())
    }

    /// The trigger at a position; the list starts again at its end where it may.
    pub fn trigger(&self, position: u64) -> Option<&str> {
        let length = self.triggers.len() as u64;
        let index = if self.cycle { position % length } else { position };
        self.triggers.get(usize::try_from(index).ok()?).map(String::as_str)
    }

    fn read_definitions(&self, problems: &mut Problems) -> Definitions {
        Definitions::read(&Json::Array(self.tuples.clone()), &self.name, problems)
    }
}
