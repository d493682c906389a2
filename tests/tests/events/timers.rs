//! Schedules that the server fires by itself, with a clock that the test sets (surface.md §15.2.7).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta};
use nightowl::Nightowl;
use nightowl::schedule::{Schedules, Timers, TimersHandle};
use nightowl_config::{Loaded, Sources};
use nightowl_core::port::Clock;
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::house::{house, open, plain_rows};

/// A clock that stands still until it is set.
#[derive(Debug, Clone)]
struct SetClock(watch::Sender<NaiveDateTime>);

impl SetClock {
    fn at(text: &str) -> Self {
        Self(watch::Sender::new(text.parse().unwrap()))
    }

    fn advance(&self, time: TimeDelta) {
        self.0.send_modify(|now| *now += time);
    }
}

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> NaiveDateTime {
        *self.0.borrow()
    }

    fn now_utc(&self) -> NaiveDateTime {
        self.now()
    }

    fn ticks(&self) -> u64 {
        0
    }

    async fn sleep_ms(&self, duration_ms: u64) {
        let until = self.now() + TimeDelta::milliseconds(i64::try_from(duration_ms).unwrap());
        self.0.subscribe().wait_for(|now| *now >= until).await.unwrap();
    }
}

/// The timers of one server.
fn start(nightowl: &Nightowl, clock: &SetClock, schedules: &Json) -> TimersHandle {
    let loaded = Loaded::load(&Sources::default().option("event.schedule", &schedules.to_string())).unwrap();
    let schedules = Schedules::of(loaded.settings()).unwrap();
    Timers::new(schedules, chrono_tz::Tz::UTC, Arc::new(clock.clone()), nightowl.events()).start()
}

/// Waits until a topic has so many rows, and sees that there are no more.
async fn rows(shell: &Shell, topic: &str, count: usize) -> Vec<Json> {
    for _ in 0..500 {
        if shell.count(topic) >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let rows = plain_rows(shell, topic);
    assert_eq!(rows.len(), count, "{rows:?}");
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_fire_a_tick_once() {
    let (shell, token) = house("");
    let file = shell.path("token");
    let routes = json!([
        {"match": {"source": "timer", "name": "every-5-min"}, "mode": "payload", "code": "raw_change", "patFile": file}]);
    let routes = routes.to_string();
    // ticks are recognised whatever the setting says
    let options = [("event.route", routes.as_str()), ("event.dedup", "false")];
    let servers = [open(&shell, &options).await, open(&shell, &options).await];
    let clock = SetClock::at("2026-02-01T08:04:30");
    let envelope = json!({"code": "raw_kept", "data": {"orderNo": "nightly"}, "pat": token});
    let schedules = json!([
        {"name": "every-5-min", "at": "@every 5m", "payload": "p"},
        {"name": "nightly", "at": "30 2 * * *", "zone": "Asia/Shanghai", "payload": envelope},
        {"name": "heart", "at": "* * * * *", "payload": {"watchmen": "heartbeat"}}]);
    let timers = [start(&servers[0], &clock, &schedules), start(&servers[1], &clock, &schedules)];
    // nothing is due yet
    rows(&shell, "raw_change", 0).await;
    clock.advance(TimeDelta::seconds(30));
    let first = rows(&shell, "raw_change", 1).await;
    assert_eq!(first[0], json!({"trigger": "every-5-min", "scheduledAt": "2026-02-01T08:05:00Z", "payload": "p", "op": null}));
    clock.advance(TimeDelta::minutes(5));
    rows(&shell, "raw_change", 2).await;
    // what went by while a server was away does not come any more: one tick is due, and the next one
    clock.advance(TimeDelta::minutes(60));
    let all = rows(&shell, "raw_change", 3).await;
    assert_eq!(all[2]["scheduledAt"], "2026-02-01T08:15:00Z");
    // half past two in Shanghai
    clock.advance(TimeDelta::hours(9) + TimeDelta::minutes(20));
    assert_eq!(rows(&shell, "raw_kept", 1).await[0]["orderNo"], "nightly");
    for timer in timers {
        timer.stop().await;
    }
    let fired = shell.count("raw_change");
    clock.advance(TimeDelta::days(1));
    rows(&shell, "raw_change", fired).await;
    for server in servers {
        server.close().await.unwrap();
    }
}

#[test]
fn schedules_that_can_not_be_are_told() {
    let (shell, _) = house("");
    for (schedule, reason) in [
        (json!([{"name": "a", "at": "often"}]), "no cron expression"),
        (json!([{"name": "a", "at": "@every 0s"}]), "no period"),
        (json!([{"name": "", "at": "@hourly"}]), "no name"),
        (json!([{"name": "a", "at": "@hourly"}, {"name": "a", "at": "@daily"}]), "is taken"),
        (json!([{"name": "a", "at": "@hourly", "zone": "Mars"}]), "no IANA zone"),
        (json!([{"name": "a", "at": "@hourly", "payload": 7}]), "neither a text nor an object"),
        (json!([{"name": "a", "at": "@hourly", "often": true}]), "often"),
    ] {
        let schedules = schedule.to_string();
        let variables = [("EVENT_SCHEDULES", schedules.as_str())];
        shell.run_with(&["serve", "--listen", "127.0.0.1:0"], &variables, b"").expect(78).saying(reason);
        let linted = shell.run_with(&["lint", shell.path("definitions.json").to_str().unwrap()], &variables, b"").expect(1);
        assert!(linted.stdout.contains("config-event-schedule") && linted.stdout.contains(reason), "{linted:?}");
    }
}
