//! Pipelines that write topics of several data sources (engine.md §3.11, rule 2).

use std::collections::BTreeMap;

use super::site::Subject;
use crate::compile::code;
use crate::model::Problems;

pub(super) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    let mut written: BTreeMap<Option<&str>, &str> = BTreeMap::new();
    for site in subject.sites().filter(|site| !site.action.kind.effects().is_empty()) {
        if let Some(topic) = subject.target(site.action).filter(|topic| topic.archive.is_none()) {
            written.entry(topic.data_source_id.as_deref()).or_insert(&topic.name);
        }
    }
    if written.len() < 2 {
        return;
    }
    let sources = written.iter().map(|(source, topic)| match source {
        Some(id) => format!("\"{id}\" (topic \"{topic}\")"),
        None => format!("the default store (topic \"{topic}\")"),
    });
    let sources: Vec<String> = sources.collect();
    problems.warning(
        code::WRITES_TWO_SOURCES,
        &subject.definition().place(),
        format!("writes to several data sources, which are not committed together: {}", sources.join(", ")),
        "keep what a pipeline writes in one data source",
    );
}
