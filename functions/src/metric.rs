//! Metrics: their names, which are an interface, and their text form.

use std::sync::OnceLock;

use metrics::{Unit, describe_counter, describe_histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Requests that were answered, by `method`, `route` and `status`.
pub const REQUESTS: &str = "nightowl_http_requests_total";
/// How long requests took, in seconds, by `route`.
pub const REQUEST_SECONDS: &str = "nightowl_http_request_seconds";
/// Triggers by `source` and `outcome`: `done`, `error`, `pending`, `replayed`, `rejected`, `failed`.
pub const TRIGGERS: &str = "nightowl_triggers_total";

/// Bounds of the buckets of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The recorder of the process, once it is installed.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Has this process record what is counted. Without it counting costs nothing.
///
/// # Errors
/// Where the process has another recorder.
pub fn install() -> Result<(), BuildError> {
    if RECORDER.get().is_none() {
        let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
        RECORDER.get_or_init(|| handle);
        describe_counter!(REQUESTS, "Requests that were answered.");
        describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "How long requests took.");
        describe_counter!(TRIGGERS, "Triggers by where they came from and how they ended.");
    }
    Ok(())
}

/// What was recorded, in the text format of Prometheus; `None` where nothing is recorded.
pub fn text() -> Option<String> {
    RECORDER.get().map(|handle| {
        handle.run_upkeep();
        handle.render()
    })
}
