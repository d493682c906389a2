//! What a measurement says; the keys of design.md §4 (`bench`).

use serde::Serialize;

use super::left_behind::LeftBehind;

/// One workload with one number of callers.
#[derive(Debug, Clone, Serialize)]
pub struct Measurement {
    /// The workload.
    pub workload: String,
    /// The kind of store.
    pub storage: String,
    /// How many triggers were in the store before.
    pub prefill: u64,
    /// How many callers; 1 where a file was fired.
    pub callers: usize,
    /// Whether a file was fired instead.
    pub file: bool,
    /// How many triggers were counted.
    pub triggers: u64,
    /// Triggers per second.
    pub triggers_per_s: f64,
    /// What half of the triggers did not exceed, in milliseconds; none for a file.
    pub p50_ms: Option<f64>,
    /// What 95 of 100 did not exceed.
    pub p95_ms: Option<f64>,
    /// What 99 of 100 did not exceed.
    pub p99_ms: Option<f64>,
    /// Statements, those that begin and end transactions included.
    pub statements_per_trigger: f64,
    /// Commits.
    pub commits_per_trigger: f64,
    /// Seconds of processor time for 1,000 triggers, callers included.
    pub cpu_s_per_1000: Option<f64>,
    /// The peak of the process's memory in MiB.
    pub peak_rss_mb: Option<f64>,
    /// The level in force.
    pub trace_level: String,
    /// The floor of single statements.
    pub floor_serial_per_s: f64,
    /// The floor of batches.
    pub floor_batched_per_s: f64,
    /// `triggers_per_s` by `floor_serial_per_s`.
    pub of_floor_serial: f64,
    /// `triggers_per_s` by `floor_batched_per_s`.
    pub of_floor_batched: f64,
    /// The share of triggers whose group failed and was repeated.
    pub repeated_share: f64,
    /// Text of the logs.
    pub log_bytes_per_trigger: f64,
    /// Rows beyond those of topics.
    pub beyond_topic_rows: Vec<LeftBehind>,
}

/// A figure with as many digits as it is worth.
pub(super) fn rounded(number: f64) -> f64 {
    let factor = if number.abs() >= 1000.0 { 1.0 } else { 1000.0 };
    (number * factor).round() / factor
}
