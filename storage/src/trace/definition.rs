//! The definitions that logs refer to.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::LogRecord;
use crate::meta::{DefinitionKind, MetaError, find_definition};
use crate::sql::SqlSession;

/// Which version of which pipeline a log refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DefinitionRef {
    /// The pipeline.
    pub pipeline_id: String,
    /// The hash of its content.
    pub content_hash: String,
}

impl DefinitionRef {
    /// What a log refers to.
    pub fn of(log: &LogRecord) -> Self {
        Self { pipeline_id: log.pipeline_id.clone(), content_hash: log.definition_hash.clone() }
    }
}

/// The definitions that logs refer to, each once, as wire JSON. The session is one of the default store, which holds the
/// definitions wherever the logs are. One that is no longer kept is missing.
pub async fn definitions_of(session: &mut dyn SqlSession, logs: &[LogRecord]) -> Result<HashMap<DefinitionRef, Json>, MetaError> {
    let mut found = HashMap::new();
    for wanted in logs.iter().map(DefinitionRef::of) {
        if found.contains_key(&wanted) {
            continue;
        }
        if let Some(content) = find_definition(session, DefinitionKind::Pipeline, &wanted.pipeline_id, &wanted.content_hash).await? {
            found.insert(wanted, content);
        }
    }
    Ok(found)
}
