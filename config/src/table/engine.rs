//! The engine, its trace, its bounds, external writers and the log (`engine.md §8`, `surface.md §5`).

use super::{Setting, at_least, whole};
use crate::{
    alias::{Alias, Reading},
    kind::Kind,
};

pub(super) const ENGINE: &[Setting] = &[
    Setting::new("engine.atomicity", Kind::Choice(&["pipeline", "action", "trigger"]), "pipeline", "What is kept when an action fails."),
    Setting::optional("engine.time_zone", Kind::Zone, "The zone of all times without a zone; without one the machine's.").aliases(&[Alias::same("TIMEZONE")]),
    Setting::new("engine.group_max", whole(1, 100_000, "triggers"), "256", "Most triggers that share one transaction."),
    Setting::new("engine.group_bytes", at_least(1, "bytes"), "4194304", "Most data of triggers that share one transaction."),
    Setting::new("engine.max_queue", at_least(1, "contexts"), "100000", "Most pipeline contexts that one trigger may queue."),
    Setting::new("engine.max_loop", at_least(1, "elements"), "100000", "Most elements that a loop may go over."),
    Setting::new("engine.max_rows_read", at_least(1, "rows"), "100000", "Most rows that one read may give."),
    Setting::new("engine.max_depth", whole(1, 1_000_000, "levels"), "900", "How deep pipelines may trigger pipelines.")
        .aliases(&[Alias::same("PIPELINE_RECURSION_LIMIT")]),
    Setting::new("engine.external_retry_times", whole(0, 1000, "retries"), "8", "Retries of an external writer before its dead letter."),
    Setting::new("engine.update_retry", Kind::Bool, "true", "Repeats what lost an optimistic lock.").aliases(&[Alias::same("PIPELINE_UPDATE_RETRY")]),
    Setting::new("engine.update_retry_times", whole(0, 1000, "retries"), "3", "How often it is repeated.")
        .aliases(&[Alias::same("PIPELINE_UPDATE_RETRY_TIMES")]),
    Setting::new("engine.update_retry_interval_ms", whole(0, 60_000, "ms"), "10", "Base of the waiting time between two tries.")
        .aliases(&[Alias::same("PIPELINE_UPDATE_RETRY_INTERVAL")]),
    Setting::new("engine.update_retry_force", Kind::Bool, "true", "Locks rows at the last try.").aliases(&[Alias::same("PIPELINE_UPDATE_RETRY_FORCE")]),
    Setting::new("engine.position_days", whole(1, 36_500, "days"), "30", "How long source positions are known."),
    Setting::new("engine.ignore_default_on_raw", Kind::Bool, "true", "Sets no default values on raw topics.").aliases(&[Alias::same("IGNORE_DEFAULT_ON_RAW")]),
    Setting::new("engine.abandon_date_time_on_parse_fail", Kind::Bool, "false", "Makes dates that can not be parsed null.")
        .aliases(&[Alias::same("ABANDON_DATE_TIME_ON_PARSE_FAIL")]),
    Setting::new("engine.decrypt_factor_value", Kind::Bool, "false", "Decrypts factors in read actions.").aliases(&[Alias::same("DECRYPT_FACTOR_VALUE")]),
    Setting::new(
        "engine.parallel_loops",
        Kind::Bool,
        "false",
        "Makes the elements of a loop independent: in atomicity action all of them run, even if some fail.",
    )
    .aliases(&[Alias::same("PIPELINE_PARALLEL_ACTIONS_IN_LOOP_UNIT")]),
    Setting::new(
        "engine.parallel_loop_workers",
        whole(1, 1024, "workers"),
        "8",
        "How many elements may run at once; they take turns on the connection of their run, so it changes nothing yet.",
    )
    .aliases(&[Alias::same("PIPELINE_PARALLEL_ACTIONS_COUNT")]),
    Setting::new("engine.async_monitor_log", Kind::Bool, "true", "Runs the monitor topic's pipelines off the caller's path.")
        .aliases(&[Alias::same("PIPELINE_ASYNC_HANDLE_MONITOR_LOG")]),
    Setting::new("engine.query_monitor_log", Kind::Bool, "false", "Logs the performance of queries as triggers.").aliases(&[Alias::same("QUERY_MONITOR_LOG")]),
    Setting::new(
        "engine.full_datetime_formats",
        Kind::DatePatterns,
        r#"["%Y%m%d%H%M%S%f","%d%m%Y%H%M%S%f","%m%d%Y%H%M%S%f"]"#,
        "Formats of texts of more than 14 digits.",
    )
    .aliases(&[Alias::same("FULL_DATETIME_FORMATS")]),
    Setting::new(
        "engine.datetime_formats",
        Kind::DatePatterns,
        r#"["%Y%m%d%H%M%S","%d%m%Y%H%M%S","%m%d%Y%H%M%S","%Y%m%d%H%M","%d%m%Y%H%M","%m%d%Y%H%M"]"#,
        "Formats of texts of 14 or 12 digits.",
    )
    .aliases(&[Alias::same("DATETIME_FORMATS")]),
    Setting::new("engine.date_formats", Kind::DatePatterns, r#"["%Y%m%d","%d%m%Y","%m%d%Y"]"#, "Formats of texts of 8 digits.")
        .aliases(&[Alias::same("DATE_FORMATS")]),
    Setting::new("engine.time_formats", Kind::DatePatterns, r#"["%H%M%S","%H%M"]"#, "Formats of times of day.").aliases(&[Alias::same("TIME_FORMATS")]),
    Setting::optional("engine.aes_key", Kind::Key { bytes: 32 }, "The key of encrypted factors of tenants without their own.")
        .aliases(&[Alias::same("ENCRYPT_AES_KEY")])
        .secret(),
    Setting::optional("engine.aes_iv", Kind::Key { bytes: 16 }, "The initial vector that goes with engine.aes_key.")
        .aliases(&[Alias::same("ENCRYPT_AES_IV")])
        .secret(),
];

pub(super) const TRACE: &[Setting] = &[
    Setting::new("trace.level", Kind::Choice(&["off", "errors", "monitor", "full"]), "monitor", "How much of a run is recorded; never changes results.")
        .aliases(&[Alias::switch("PIPELINE_ERROR_HANDLE_MONITOR_LOG", Reading::WhenTrue("errors"))]),
    Setting::new("trace.keep_days", whole(0, 36_500, "days"), "0", "How long logs are kept; 0 is for ever."),
];

pub(super) const LIMITS: &[Setting] = &[
    Setting::new("limits.body_bytes", at_least(1024, "bytes"), "16777216", "Largest body of a request; 413 above it."),
    Setting::new("limits.trigger_bytes", at_least(1024, "bytes"), "16777216", "Largest data of one trigger."),
    Setting::new("limits.line_bytes", at_least(1024, "bytes"), "16777216", "Longest line of a streamed file."),
    Setting::new("limits.json_depth", whole(1, 1024, "levels"), "128", "Deepest nesting of JSON; 400 above it."),
    Setting::new("limits.page_size", whole(1, 1_000_000, "rows"), "10000", "Largest page of an answer."),
    Setting::new("limits.request_seconds", whole(1, 3600, "seconds"), "60", "Longest time of a request; 504 above it."),
    Setting::new("limits.failed_authentications", whole(1, 10_000, "failures a minute"), "10", "Failed authentications of one address before 429."),
];

pub(super) const EXTERNAL: &[Setting] = &[
    Setting::new("external.allow", Kind::Texts, "[]", "Hosts that external writers may call; empty leaves the built-in rule."),
    Setting::new("external.standard_writer", Kind::Bool, "true", "Registers the REST writer.").aliases(&[Alias::same("PIPELINE_STANDARD_EXTERNAL_WRITER")]),
    Setting::new("external.standard_writer_timeout_seconds", whole(1, 3600, "seconds"), "60", "Longest time of a call of the REST writer.")
        .aliases(&[Alias::same("PIPELINE_STANDARD_EXTERNAL_WRITER_TIMEOUT")]),
    Setting::new("external.elastic_search_writer", Kind::Bool, "false", "Registers the Elasticsearch writer.")
        .aliases(&[Alias::same("PIPELINE_ELASTIC_SEARCH_EXTERNAL_WRITER")]),
    Setting::new("external.kafka_writer", Kind::Bool, "true", "Registers the writer to Kafka."),
    Setting::new("external.sqs_writer", Kind::Bool, "true", "Registers the writer to SQS of AWS."),
    Setting::new("external.mns_writer", Kind::Bool, "true", "Registers the writer to MNS of Alibaba."),
    Setting::new("external.object_storage_writer", Kind::Bool, "true", "Registers the writer of objects."),
    Setting::new("external.message_timeout_seconds", whole(1, 3600, "seconds"), "30", "Longest time until a message is acknowledged."),
];

pub(super) const LOG: &[Setting] = &[
    Setting::new("log.level", Kind::Text, "info", "What is logged: a level, or directives such as info,nightowl_storage=debug.").short("NIGHTOWL_LOG"),
    Setting::new("log.format", Kind::Choice(&["text", "json"]), "text", "The form of log lines on stderr."),
];
