//! Ticks: each schedule waits for its next time and then fires what a platform's timer would have sent.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use nightowl_core::port::Clock;
use nightowl_core::value::{Object, Value, json::from_json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Schedule, Schedules};
use crate::door::event::{EventDoor, TimeBudget};

/// The longest sleep: a clock that is set is noticed after it.
const NAP: Duration = Duration::from_secs(60);
/// The longest time of one tick, and the longest pause before one is tried again.
const TICK: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(60);

/// The schedules of a server, ready to run.
#[derive(Debug)]
pub struct Timers {
    schedules: Schedules,
    zone: Tz,
    clock: Arc<dyn Clock>,
    events: EventDoor,
}

/// Ends timers that run.
#[derive(Debug)]
pub struct TimersHandle {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Timers {
    /// Timers that fire at a door. Ticks are recognised by name and time whatever `event.dedup` says, since every server
    /// fires them.
    pub fn new(schedules: Schedules, zone: Tz, clock: Arc<dyn Clock>, events: &EventDoor) -> Self {
        Self { schedules, zone, clock, events: events.of_timers() }
    }

    /// Starts them on the current tokio runtime.
    pub fn start(self) -> TimersHandle {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for schedule in self.schedules.0 {
            let zone = schedule.zone.unwrap_or(self.zone);
            let timer = Timer { schedule, zone, clock: Arc::clone(&self.clock), events: self.events.clone() };
            let mut stopped = stopped.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = timer.run() => {}
                    // nobody holds the handle any more, or it says so
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                }
            });
        }
        TimersHandle { stop, tasks }
    }
}

impl TimersHandle {
    /// Fires no more. What was fired ends with its store.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// One schedule at work.
struct Timer {
    schedule: Schedule,
    zone: Tz,
    clock: Arc<dyn Clock>,
    events: EventDoor,
}

impl Timer {
    /// Fires every time that comes; those that went by while the process was away, or busy with an earlier one, do not come
    /// any more.
    async fn run(&self) {
        let mut last = self.now();
        while let Some(due) = self.schedule.at.after(last.max(self.now()), self.zone) {
            self.wait_for(due).await;
            self.fire(due).await;
            last = due;
        }
        tracing::warn!(schedule = self.schedule.name, "a schedule has no time any more");
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now_utc().and_utc()
    }

    async fn wait_for(&self, due: DateTime<Utc>) {
        while let Ok(left) = (due - self.now()).to_std()
            && !left.is_zero()
        {
            // a rest of less than a millisecond is a whole one
            let nap = left.min(NAP).as_millis().max(1);
            self.clock.sleep_ms(u64::try_from(nap).unwrap_or(u64::MAX)).await;
        }
    }

    /// Fires a tick; one that was not done is tried again until it is, or until the next one is due.
    async fn fire(&self, due: DateTime<Utc>) {
        let next = self.schedule.at.after(due, self.zone);
        let tick = self.tick(due);
        let mut pause = Duration::from_secs(1);
        loop {
            let budget = TimeBudget::lasting(Utc::now().naive_utc(), TICK);
            let report = Box::pin(self.events.handle_document(&tick, None, &budget)).await;
            if !report.is_failed() {
                tracing::debug!(schedule = self.schedule.name, due = %due, "a tick was fired");
                return;
            }
            let (code, message) = report.failure().unwrap_or_default();
            tracing::warn!(schedule = self.schedule.name, due = %due, code, "a tick was not done: {message}");
            let over = next.is_some_and(|next| self.now() + pause >= next);
            if over || !report.may_work_later() {
                return;
            }
            self.clock.sleep_ms(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// The event of a tick, as a timer of a platform sends it.
    fn tick(&self, due: DateTime<Utc>) -> Value {
        let time = due.to_rfc3339_opts(SecondsFormat::Secs, true);
        let members: [(&str, Value); 3] = [
            ("triggerName", Value::from(self.schedule.name.as_str())),
            ("triggerTime", Value::from(time.as_str())),
            ("payload", from_json(&self.schedule.payload)),
        ];
        Value::Object(members.into_iter().collect::<Object>())
    }
}
