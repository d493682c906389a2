//! The engine, its trace, its bounds, external writers and the log.

use secrecy::SecretString;
use serde::Deserialize;

use super::choice::{Atomicity, LogFormat, TraceLevel};

/// The engine (`engine.md §8`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// What is kept when an action fails.
    pub atomicity: Atomicity,
    /// The zone of all times without a zone; without one the machine's.
    pub time_zone: Option<String>,
    /// Most triggers that share one transaction. 1 to 100000 triggers.
    pub group_max: usize,
    /// Most data of triggers that share one transaction. At least 1 bytes.
    pub group_bytes: usize,
    /// Most pipeline contexts that one trigger may queue. At least 1 contexts.
    pub max_queue: usize,
    /// Most elements that a loop may go over. At least 1 elements.
    pub max_loop: usize,
    /// Most rows that one read may give. At least 1 rows.
    pub max_rows_read: usize,
    /// How deep pipelines may trigger pipelines. 1 to 1000000 levels.
    pub max_depth: usize,
    /// Retries of an external writer before its dead letter. 0 to 1000 retries.
    pub external_retry_times: u32,
    /// Repeats what lost an optimistic lock.
    pub update_retry: bool,
    /// How often it is repeated. 0 to 1000 retries.
    pub update_retry_times: u32,
    /// Base of the waiting time between two tries. 0 to 60000 ms.
    pub update_retry_interval_ms: u64,
    /// Locks rows at the last try.
    pub update_retry_force: bool,
    /// How long source positions are known. 1 to 36500 days.
    pub position_days: u32,
    /// Sets no default values on raw topics.
    pub ignore_default_on_raw: bool,
    /// Makes dates that can not be parsed null.
    pub abandon_date_time_on_parse_fail: bool,
    /// Decrypts factors in read actions.
    pub decrypt_factor_value: bool,
    /// Makes the elements of a loop independent: in atomicity action all of them run, even if some fail.
    pub parallel_loops: bool,
    /// How many elements may run at once; they take turns on the connection of their run, so it changes nothing yet. 1 to 1024 workers.
    pub parallel_loop_workers: u32,
    /// Runs the monitor topic's pipelines off the caller's path.
    pub async_monitor_log: bool,
    /// Logs the performance of queries as triggers.
    pub query_monitor_log: bool,
    /// Formats of texts of more than 14 digits.
    pub full_datetime_formats: Vec<String>,
    /// Formats of texts of 14 or 12 digits.
    pub datetime_formats: Vec<String>,
    /// Formats of texts of 8 digits.
    pub date_formats: Vec<String>,
    /// Formats of times of day.
    pub time_formats: Vec<String>,
    /// The key of encrypted factors of tenants without their own.
    pub aes_key: Option<SecretString>,
    /// The initial vector that goes with engine.aes_key.
    pub aes_iv: Option<SecretString>,
}

/// What is recorded of runs (`engine.md §5.2`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// How much of a run is recorded; never changes results.
    pub level: TraceLevel,
    /// How long logs are kept; 0 is for ever. 0 to 36500 days.
    pub keep_days: u32,
}

/// Bounds of requests and data (`surface.md §5`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest body of a request; 413 above it. At least 1024 bytes.
    pub body_bytes: usize,
    /// Largest data of one trigger. At least 1024 bytes.
    pub trigger_bytes: usize,
    /// Longest line of a streamed file. At least 1024 bytes.
    pub line_bytes: usize,
    /// Deepest nesting of JSON; 400 above it. 1 to 1024 levels.
    pub json_depth: usize,
    /// Largest page of an answer. 1 to 1000000 rows.
    pub page_size: usize,
    /// Longest time of a request; 504 above it. 1 to 3600 seconds.
    pub request_seconds: u64,
    /// Failed authentications of one address before 429. 1 to 10000 failures a minute.
    pub failed_authentications: u32,
}

/// External writers (`engine.md §6`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Hosts that external writers may call; empty leaves the built-in rule.
    pub allow: Vec<String>,
    /// Registers the REST writer.
    pub standard_writer: bool,
    /// Longest time of a call of the REST writer. 1 to 3600 seconds.
    pub standard_writer_timeout_seconds: u64,
    /// Registers the Elasticsearch writer.
    pub elastic_search_writer: bool,
    /// Registers the writer to Kafka.
    pub kafka_writer: bool,
    /// Registers the writer to SQS of AWS.
    pub sqs_writer: bool,
    /// Registers the writer to MNS of Alibaba.
    pub mns_writer: bool,
    /// Registers the writer of objects.
    pub object_storage_writer: bool,
    /// Longest time until a message is acknowledged. 1 to 3600 seconds.
    pub message_timeout_seconds: u64,
}

/// Application log lines, on stderr.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// What is logged: a level, or directives such as info,nightowl_storage=debug.
    pub level: String,
    /// The form of log lines on stderr.
    pub format: LogFormat,
}
