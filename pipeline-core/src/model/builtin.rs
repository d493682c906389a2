//! The definitions that every tenant is given: two topics and a pipeline that work on monitor logs (engine.md §5.2).
//! They have no data source at first, which for them means that their rows live nowhere.

use serde_json::{Value as Json, json};

use super::{Pipeline, Problems, Topic, TopicKind};

/// The topic that each kept log is an insert trigger on.
pub const MONITOR_LOG_TOPIC: &str = "raw_pipeline_monitor_log";
/// The topic of failed runs.
pub const ERROR_LOG_TOPIC: &str = "pipeline_monitor_error_log";
/// The pipeline between them; the blank at its end is the reference's.
pub const ERROR_LOG_PIPELINE: &str = "Pipeline Error ";
/// All topics that are built in: without a data source they have no table.
const BUILT_IN_TOPICS: [&str; 3] = [MONITOR_LOG_TOPIC, ERROR_LOG_TOPIC, "query_performance_log"];

/// The factors of the monitor log in the order of their ids: name, type, length of texts, index group.
const MONITOR_LOG_FACTORS: [(&str, &str, Option<&str>, Option<&str>); 47] = [
    ("uid", "text", Some("50"), Some("u-2")),
    ("traceId", "text", Some("50"), Some("i-1")),
    ("pipelineId", "text", Some("50"), Some("i-2")),
    ("topicId", "text", Some("50"), Some("i-3")),
    ("prerequisite", "boolean", None, None),
    ("prerequisiteDefinedAs", "object", None, None),
    ("status", "text", Some("20"), None),
    ("startTime", "full-datetime", None, None),
    ("spentInMills", "unsigned", None, None),
    ("error", "text", None, None),
    ("oldValue", "object", None, None),
    ("newValue", "object", None, None),
    ("stages", "array", None, None),
    ("stages.stageId", "text", None, None),
    ("stages.name", "text", None, None),
    ("stages.prerequisite", "boolean", None, None),
    ("stages.prerequisiteDefinedAs", "object", None, None),
    ("stages.status", "text", None, None),
    ("stages.startTime", "full-datetime", None, None),
    ("stages.spentInMills", "unsigned", None, None),
    ("stages.error", "text", None, None),
    ("stages.units", "array", None, None),
    ("stages.units.unitId", "text", None, None),
    ("stages.units.name", "text", None, None),
    ("stages.units.prerequisite", "boolean", None, None),
    ("stages.units.prerequisiteDefinedAs", "object", None, None),
    ("stages.units.loopVariableName", "text", None, None),
    ("stages.units.loopVariableValue", "array", None, None),
    ("stages.units.status", "text", None, None),
    ("stages.units.startTime", "full-datetime", None, None),
    ("stages.units.spentInMills", "unsigned", None, None),
    ("stages.units.error", "text", None, None),
    ("stages.units.actions", "array", None, None),
    ("stages.units.actions.uid", "text", None, None),
    ("stages.units.actions.actionId", "text", None, None),
    ("stages.units.actions.type", "text", None, None),
    ("stages.units.actions.insertCount", "unsigned", None, None),
    ("stages.units.actions.updateCount", "unsigned", None, None),
    ("stages.units.actions.deleteCount", "unsigned", None, None),
    ("stages.units.actions.definedAs", "object", None, None),
    ("stages.units.actions.findBy", "object", None, None),
    ("stages.units.actions.touched", "object", None, None),
    ("stages.units.actions.status", "text", None, None),
    ("stages.units.actions.startTime", "full-datetime", None, None),
    ("stages.units.actions.spentInMills", "unsigned", None, None),
    ("stages.units.actions.error", "text", None, None),
    ("dataId", "number", None, Some("i-4")),
];
/// The factors of the monitor log that have a column.
const FLATTENED: [&str; 8] = ["uid", "traceId", "pipelineId", "topicId", "status", "startTime", "spentInMills", "dataId"];

/// The factors of the error log in the order of their ids, with their index groups.
const ERROR_LOG_FACTORS: [(&str, Option<&str>); 6] =
    [("traceId", Some("i-1")), ("dataId", Some("i-2")), ("status", None), ("topicId", None), ("pipelineId", None), ("uid", Some("i-3"))];
/// What the pipeline copies, in its order.
const COPIED: [&str; 6] = ["dataId", "topicId", "status", "traceId", "pipelineId", "uid"];

/// Whether a topic is one of the built-in ones, which live nowhere while they have no data source.
pub fn is_built_in(name: &str, kind: TopicKind) -> bool {
    kind == TopicKind::System && BUILT_IN_TOPICS.contains(&name)
}

/// The topic `raw_pipeline_monitor_log` of a tenant.
pub fn monitor_log_topic(topic_id: &str, tenant_id: &str) -> Option<Topic> {
    let factors: Vec<Json> = MONITOR_LOG_FACTORS
        .iter()
        .enumerate()
        .map(|(index, (name, factor_type, length, index_group))| {
            json!({
                "factorId": factor_id(index), "name": name, "type": factor_type, "label": name, "precision": length, "indexGroup": index_group,
                "flatten": FLATTENED.contains(name),
            })
        })
        .collect();
    read_topic(&json!({
        "topicId": topic_id, "name": MONITOR_LOG_TOPIC, "type": "raw", "kind": "system", "description": "Pipeline monitor log raw topic.",
        "tenantId": tenant_id, "factors": factors,
    }))
}

/// The topic `pipeline_monitor_error_log` of a tenant.
pub fn error_log_topic(topic_id: &str, tenant_id: &str) -> Option<Topic> {
    let factors: Vec<Json> = ERROR_LOG_FACTORS
        .iter()
        .enumerate()
        .map(|(index, (name, index_group))| json!({"factorId": factor_id(index), "name": name, "type": "text", "label": name, "indexGroup": index_group}))
        .collect();
    read_topic(&json!({
        "topicId": topic_id, "name": ERROR_LOG_TOPIC, "type": "distinct", "kind": "system", "description": "Pipeline monitor error log topic.",
        "tenantId": tenant_id, "factors": factors,
    }))
}

/// The pipeline `Pipeline Error ` of a tenant, between its two topics. `None` where one of them lacks a factor.
pub fn error_log_pipeline(pipeline_id: &str, tenant_id: &str, raw: &Topic, errors: &Topic) -> Option<Pipeline> {
    let factor = |topic: &Topic, name: &str| topic.factors.iter().find(|factor| factor.name == name).map(|factor| factor.factor_id.clone());
    let mut mapping = Vec::with_capacity(COPIED.len());
    for name in COPIED {
        let (from, to) = (factor(raw, name)?, factor(errors, name)?);
        mapping.push(json!({"source": {"kind": "topic", "topicId": raw.topic_id, "factorId": from}, "factorId": to, "arithmetic": "none"}));
    }
    let failed = json!({"jointType": "and", "filters": [{
        "left": {"kind": "topic", "topicId": raw.topic_id, "factorId": factor(raw, "status")?}, "operator": "equals",
        "right": {"kind": "constant", "value": "ERROR"},
    }]});
    let action = json!({"actionId": "error-a-1", "type": "insert-row", "topicId": errors.topic_id, "mapping": mapping});
    let unit = json!({"unitId": "error-u-1", "name": "error Pipeline Unit 1", "conditional": false, "do": [action]});
    let stage = json!({"stageId": "error-pipeline-s-1", "name": "Monitor Pipeline Stage 1", "conditional": true, "on": failed, "units": [unit]});
    let mut problems = Problems::default();
    let pipeline = Pipeline::read(
        &json!({
            "pipelineId": pipeline_id, "topicId": raw.topic_id, "name": ERROR_LOG_PIPELINE, "type": "insert-or-merge", "conditional": false,
            "stages": [stage], "enabled": true, "validated": true, "tenantId": tenant_id,
        }),
        &mut problems,
    );
    pipeline.filter(|_| !problems.has_errors())
}

fn factor_id(index: usize) -> String {
    format!("rpml-f-{}", index + 1)
}

fn read_topic(json: &Json) -> Option<Topic> {
    let mut problems = Problems::default();
    Topic::read(json, &mut problems).filter(|_| !problems.has_errors())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Catalog, CatalogSource};

    #[test]
    fn built_in_definitions_compile_and_have_the_factors_of_the_reference() {
        let raw = monitor_log_topic("1", "7").unwrap();
        let errors = error_log_topic("2", "7").unwrap();
        assert_eq!(raw.factors.len(), 47);
        let flattened: Vec<&str> = raw.factors.iter().filter(|factor| factor.flatten).map(|factor| factor.name.as_str()).collect();
        assert_eq!(flattened, FLATTENED);
        let named = |id: &str| raw.factors.iter().find(|factor| factor.factor_id == id).unwrap().name.clone();
        assert_eq!(
            [named("rpml-f-13"), named("rpml-f-22"), named("rpml-f-33"), named("rpml-f-47")],
            ["stages", "stages.units", "stages.units.actions", "dataId"]
        );
        let pipeline = error_log_pipeline("3", "7", &raw, &errors).unwrap();
        assert_eq!(pipeline.name, "Pipeline Error ");
        let source = CatalogSource {
            tenant_id: "7".to_owned(),
            topics: vec![raw, errors],
            pipelines: vec![(pipeline, String::new()).into()],
            ..CatalogSource::default()
        };
        let mut problems = Problems::default();
        let catalog = Catalog::compile(source, &mut problems);
        assert!(!problems.has_errors(), "{:?}", problems.iter().collect::<Vec<_>>());
        assert!(catalog.monitor_topic().is_none(), "without a data source it is no monitor topic");
        assert!(is_built_in(MONITOR_LOG_TOPIC, TopicKind::System));
        assert!(!is_built_in(MONITOR_LOG_TOPIC, TopicKind::Business));
    }
}
