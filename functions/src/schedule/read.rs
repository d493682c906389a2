//! Schedules as the settings have them (`event.schedule`).

use std::collections::BTreeSet;

use chrono_tz::Tz;
use nightowl_config::Settings;
use serde::Deserialize;
use serde_json::Value as Json;

use super::When;

/// The most schedules of a server: each has a task of its own.
const SCHEDULES: usize = 1000;

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its name, which routes match.
    pub name: String,
    /// When it is due.
    pub at: When,
    /// The zone of its days and hours; without one that of the engine.
    pub zone: Option<Tz>,
    /// What it carries: a text, an object, or nothing.
    pub payload: Json,
}

/// The schedules of an installation.
#[derive(Debug, Clone, Default)]
pub struct Schedules(pub(super) Vec<Schedule>);

/// Why schedules can not be used (`config-event-schedule`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A schedule can not be what it is.
    #[error("schedule {position}: {reason}")]
    Wrong {
        /// Its position, from 1.
        position: usize,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// There are too many.
    #[error("there are {count} schedules, of which there may be {SCHEDULES}; let one tick do more")]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// A schedule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    at: String,
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    payload: Json,
}

impl Schedules {
    /// The schedules of the settings.
    ///
    /// # Errors
    /// The first one that can not be used.
    pub fn of(settings: &Settings) -> Result<Self, ScheduleError> {
        let written = &settings.event.schedule;
        if written.len() > SCHEDULES {
            return Err(ScheduleError::TooMany { count: written.len() });
        }
        let mut names = BTreeSet::new();
        let mut schedules = Vec::with_capacity(written.len());
        for (json, position) in written.iter().zip(1..) {
            let schedule = schedule_of(json).map_err(|reason| ScheduleError::Wrong { position, reason })?;
            if !names.insert(schedule.name.clone()) {
                return Err(ScheduleError::Wrong { position, reason: format!("the name \"{}\" is taken; each tick is known by it", schedule.name) });
            }
            schedules.push(schedule);
        }
        Ok(Self(schedules))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn schedule_of(json: &Json) -> Result<Schedule, String> {
    let Written { name, at, zone, payload } = Written::deserialize(json).map_err(|error| error.to_string())?;
    if name.trim().is_empty() {
        return Err("it has no name".to_owned());
    }
    if !matches!(payload, Json::Null | Json::String(_) | Json::Object(_)) {
        return Err("its payload is neither a text nor an object".to_owned());
    }
    let zone = zone.map(|zone| zone.parse::<Tz>().map_err(|_| format!("\"{zone}\" is no IANA zone; write Asia/Shanghai or UTC"))).transpose()?;
    Ok(Schedule { name, at: When::parse(&at)?, zone, payload })
}
