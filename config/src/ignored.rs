//! Names of the reference that are accepted and change nothing (`engine.md §8`, `storage.md §19`, `surface.md §19`).

use serde::Serialize;

/// A variable that was set and has no effect here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// The variable as it was named.
    pub name: String,
    /// Why it changes nothing.
    pub reason: &'static str,
}

const COLLECTOR: &str = "the collector is not in this release";
const PLATFORM: &str = "only the reference's own function deployment uses it";
const SCHEDULER: &str = "the topic snapshot scheduler is not in this release";
const LOOPS: &str = "the elements of a loop share their run's connection and go one after the other";
const LEAKS: &str = "a connection can not leak: it goes back when its guard ends";
const ALWAYS: &str = "it is always on";
const TITLES: &str = "it only names the reference's own API page";

const NAMES: &[(&str, &str)] = &[
    ("PIPELINE_PARALLEL_ACTIONS_USE_MULTITHREADING", LOOPS),
    ("PIPELINE_PARALLEL_ACTIONS_DASK_THREADS_PER_WORK", LOOPS),
    ("PIPELINE_PARALLEL_ACTIONS_DASK_TEMP_DIR", LOOPS),
    ("PIPELINE_PARALLEL_ACTIONS_DASK_USE_PROCESS", LOOPS),
    ("KERNEL_CACHE", "definitions are always compiled into a snapshot"),
    ("TOPIC_SNAPSHOT_SCHEDULER_HEART_BEAT_INTERVAL", SCHEDULER),
    ("META_STORAGE_SID", "Oracle is not in this release"),
    ("SNOWFLAKE_COMPETITIVE_WORKER_RESTART_ON_SHOWDOWN", "a lost lease is always taken anew"),
    ("DETECT_RDS_CONNECTION_LEAK", LEAKS),
    ("PRINT_RDS_CONNECTION_LEAK_INTERVAL", LEAKS),
    ("RDS_CONNECTION_LEAK_TIME_IN_SECONDS", LEAKS),
    ("DISABLE_COMPILED_CACHE", "plans are compiled once for each snapshot"),
    ("SQL_ANALYZER_ON", "statements are not analysed by a parser of their own"),
    ("TRINO", "Trino is not used"),
    ("DESCRIPTION", TITLES),
    ("API_VERSION_STR", TITLES),
    ("PROMETHEUS", ALWAYS),
    ("COLLECTOR_ON", COLLECTOR),
    ("TASK_LISTENER_ON", COLLECTOR),
    ("QUERY_BASED_CHANGE_DATA_CAPTURE", COLLECTOR),
    ("TABLE_EXTRACTOR_WAIT", COLLECTOR),
    ("RECORD_TO_JSON_WAIT", COLLECTOR),
    ("POST_JSON_WAIT", COLLECTOR),
    ("TASK_SCHEDULE_WAIT", COLLECTOR),
    ("MONITOR_EVENT_WAIT", COLLECTOR),
    ("S3_COLLECTOR", COLLECTOR),
];

const PREFIXES: &[(&str, &str)] = &[("S3_COLLECTOR_", COLLECTOR), ("SERVERLESS_", PLATFORM), ("SAML_", "SAML is not in this release")];

/// Why a name of the reference has no effect; none for every other name.
pub(crate) fn reason(name: &str) -> Option<&'static str> {
    let exact = NAMES.iter().find(|(known, _)| *known == name);
    let found = exact.or_else(|| PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)));
    found.map(|(_, reason)| *reason)
}

/// The exact names, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}
