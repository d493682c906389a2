//! Schedules that the long-running server fires by itself, where no platform has a timer: each tick is the event that a
//! platform's timer would have sent (surface.md §15.2.7), so routes say what it means and its name and time keep it from
//! running twice, however many servers there are.

mod expression;
mod read;
mod service;

pub use expression::When;
pub use read::{Schedule, ScheduleError, Schedules};
pub use service::{Timers, TimersHandle};
