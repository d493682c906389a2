//! Settings as the plain values that the other rooms are handed.

use chrono_tz::Tz;
use nightowl_config as settings;
use nightowl_config::Settings;
use nightowl_core::engine::{Atomicity, EngineSettings, PendingLease, TraceLevel, UpdateRetry};
use nightowl_core::limits::Limits;
use nightowl_core::value::DateFormats;

use super::NodeError;

/// The configured zone: `engine.time_zone`, else the machine's.
pub fn time_zone(settings: &Settings) -> Result<Tz, NodeError> {
    let name = match &settings.engine.time_zone {
        Some(name) => name.clone(),
        None => iana_time_zone::get_timezone().unwrap_or_else(|_| "UTC".to_owned()),
    };
    name.parse().map_err(|_| NodeError::Setting { key: "engine.time_zone", reason: format!("\"{name}\" is no IANA name; write one like Asia/Shanghai or UTC") })
}

/// The engine's settings.
pub fn engine_settings(settings: &Settings) -> Result<EngineSettings, NodeError> {
    let engine = &settings.engine;
    let dates =
        DateFormats::configured(&engine.full_datetime_formats, &engine.datetime_formats, &engine.date_formats, &engine.time_formats, time_zone(settings)?)
            .map_err(|error| NodeError::Setting { key: "engine.date_formats", reason: error.to_string() })?;
    Ok(EngineSettings {
        atomicity: match engine.atomicity {
            settings::Atomicity::Action => Atomicity::Action,
            settings::Atomicity::Pipeline => Atomicity::Pipeline,
            settings::Atomicity::Trigger => Atomicity::Trigger,
        },
        limits: Limits {
            max_depth: u32::try_from(engine.max_depth).unwrap_or(u32::MAX),
            max_queue: engine.max_queue,
            max_loop: engine.max_loop,
            max_rows_read: engine.max_rows_read,
        },
        update_retry: UpdateRetry {
            enabled: engine.update_retry,
            times: engine.update_retry_times,
            interval_ms: engine.update_retry_interval_ms,
            force: engine.update_retry_force,
        },
        lease: PendingLease::default(),
        trace_level: match settings.trace.level {
            settings::TraceLevel::Off => TraceLevel::Off,
            settings::TraceLevel::Errors => TraceLevel::Errors,
            settings::TraceLevel::Monitor => TraceLevel::Monitor,
            settings::TraceLevel::Full => TraceLevel::Full,
        },
        dates,
        ignore_default_on_raw: engine.ignore_default_on_raw,
        abandon_date_time_on_parse_fail: engine.abandon_date_time_on_parse_fail,
        decrypt_factor_value: engine.decrypt_factor_value,
        parallel_loops: engine.parallel_loops,
    })
}
