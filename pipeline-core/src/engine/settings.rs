//! The engine's settings, as plain values (engine.md §8).

use std::sync::Arc;

use crate::limits::Limits;
use crate::value::DateFormats;

/// What is kept when an action fails (design.md §3, engine.md §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Atomicity {
    /// Every action that had succeeded, as in the reference.
    Action,
    /// Nothing of that pipeline run.
    #[default]
    Pipeline,
    /// Nothing but logs, source position and payload.
    Trigger,
}

impl Atomicity {
    /// The text of the setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Pipeline => "pipeline",
            Self::Trigger => "trigger",
        }
    }

    /// The mode of a text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Action, Self::Pipeline, Self::Trigger].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// How much of a run is recorded (engine.md §5.2); it never changes results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TraceLevel {
    /// No log; the trigger's header stays.
    Off,
    /// Logs with status ERROR.
    Errors,
    /// The reference's log.
    #[default]
    Monitor,
    /// Also statements, rows before and after, operands.
    Full,
}

impl TraceLevel {
    /// The text of the setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Errors => "errors",
            Self::Monitor => "monitor",
            Self::Full => "full",
        }
    }

    /// The level of a text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Off, Self::Errors, Self::Monitor, Self::Full].into_iter().find(|level| level.as_str() == text)
    }
}

/// What happens when a row was changed between reading and writing (engine.md §3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateRetry {
    /// Whether it is tried again (`PIPELINE_UPDATE_RETRY`).
    pub enabled: bool,
    /// How often (`PIPELINE_UPDATE_RETRY_TIMES`).
    pub times: u32,
    /// The first pause in milliseconds, doubled each time (`PIPELINE_UPDATE_RETRY_INTERVAL`).
    pub interval_ms: u64,
    /// Whether a last try holds a lock (`PIPELINE_UPDATE_RETRY_FORCE`).
    pub force: bool,
}

impl Default for UpdateRetry {
    fn default() -> Self {
        Self { enabled: true, times: 3, interval_ms: 10, force: true }
    }
}

impl UpdateRetry {
    /// The pause before a repetition, in milliseconds: doubled each time, spread by ±30 %, at least 5 ms. `salt` spreads.
    pub fn pause_ms(&self, attempt: u32, salt: u64) -> u64 {
        let base = self.interval_ms.saturating_mul(1_u64 << attempt.min(16));
        let spread = base * 3 / 10;
        let low = base.saturating_sub(spread);
        (low + salt % (2 * spread + 1)).max(5)
    }
}

/// Under which name, and for how long, this process holds a cascade that it is working off (engine.md §3.11, rule 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingLease {
    /// The process; no other one that uses the same store has this name.
    pub worker: Arc<str>,
    /// How long a lease lasts without being extended, in seconds.
    pub seconds: u32,
}

impl Default for PendingLease {
    fn default() -> Self {
        Self { worker: "engine".into(), seconds: 30 }
    }
}

/// The engine's settings.
#[derive(Debug, Clone, Default)]
pub struct EngineSettings {
    /// What is kept when an action fails.
    pub atomicity: Atomicity,
    /// The bounds.
    pub limits: Limits,
    /// What happens when a row was changed in between.
    pub update_retry: UpdateRetry,
    /// How cascades that are worked off are held.
    pub lease: PendingLease,
    /// How much is recorded.
    pub trace_level: TraceLevel,
    /// How dates are read, and the configured zone.
    pub dates: DateFormats,
    /// Whether raw topics get no defaults (`IGNORE_DEFAULT_ON_RAW`).
    pub ignore_default_on_raw: bool,
    /// Whether dates that can not be read become null (`ABANDON_DATE_TIME_ON_PARSE_FAIL`).
    pub abandon_date_time_on_parse_fail: bool,
    /// Whether reads decrypt (`DECRYPT_FACTOR_VALUE`).
    pub decrypt_factor_value: bool,
    /// Whether the elements of a loop are independent: all of them run, even if some fail (engine.md §3.5, D-11). Their logs
    /// and what they queue keep the order of the elements.
    pub parallel_loops: bool,
}
