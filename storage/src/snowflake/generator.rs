//! Drawing ids (storage.md §13.2).
//!
//! The generator is ours and not that of the crate `ferroid`: where the clock has stepped back, `ferroid` gives nothing
//! until the clock has caught up, and it knows neither the end of a lease nor a change of the worker id while it runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nightowl_core::port::{IdSource, IdSourceError};

use super::layout::{MAX_ELAPSED_MS, MAX_SEQUENCE};
use super::{EPOCH_MS, SnowflakeClock, SnowflakeParts, WorkerId};

/// How far the clock may be behind before the generator counts on by itself instead of waiting.
const PATIENCE_MS: i64 = 5;
/// How long one wait for the next millisecond is.
const NAP: Duration = Duration::from_micros(100);
/// After so many waits a clock that does not move counts as one that is behind.
const MOST_NAPS: u32 = 50;
/// How often a clock that is behind is reported.
const WARN_EVERY_MS: u64 = 60_000;

/// Until when a lease is good, by both clocks: the earlier one counts (storage.md §13.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseEnd {
    /// By the wall clock, milliseconds since 1970. No id carries a later time.
    pub unix_ms: i64,
    /// By the monotonic clock.
    pub monotonic_ms: u64,
}

/// The right to draw ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// As whom.
    pub worker: WorkerId,
    /// Until when; `None` for a fixed worker id.
    pub until: Option<LeaseEnd>,
    /// The last millisecond (since 1970) that the worker's former holder has used, where it is known.
    pub used_until_unix_ms: Option<i64>,
}

impl Grant {
    /// A worker id that the settings fix: it never ends.
    pub const fn fixed(worker: WorkerId) -> Self {
        Self { worker, until: None, used_until_unix_ms: None }
    }
}

/// The process's source of ids. Threads share it; it never repeats an id, whatever the clock does.
#[derive(Debug)]
pub struct SnowflakeIds {
    clock: Arc<dyn SnowflakeClock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    grant: Option<Grant>,
    /// Time and sequence of the last id. They outlive a change of the grant, so that taking a worker id again is safe.
    last_elapsed_ms: i64,
    last_sequence: u16,
    warned_at_ms: Option<u64>,
}

/// What came of one look at the clocks.
enum Draw {
    Id(i64),
    NotYet,
    Refused(&'static str),
}

impl SnowflakeIds {
    /// A generator that draws nothing before it is granted a worker id.
    pub fn new(clock: Arc<dyn SnowflakeClock>) -> Self {
        Self { clock, state: Mutex::new(State { grant: None, last_elapsed_ms: -1, last_sequence: 0, warned_at_ms: None }) }
    }

    /// A generator with a fixed worker id.
    pub fn with_fixed_worker(worker: WorkerId, clock: Arc<dyn SnowflakeClock>) -> Self {
        let ids = Self::new(clock);
        ids.grant(Grant::fixed(worker));
        ids
    }

    /// The clock that it looks at.
    pub fn clock(&self) -> &Arc<dyn SnowflakeClock> {
        &self.clock
    }

    /// Takes a worker id, or a later end of the one that it has.
    pub fn grant(&self, grant: Grant) {
        let mut state = self.lock();
        if let Some(used) = grant.used_until_unix_ms
            && used - EPOCH_MS > state.last_elapsed_ms
        {
            state.last_elapsed_ms = used - EPOCH_MS;
            state.last_sequence = MAX_SEQUENCE;
        }
        state.grant = Some(grant);
    }

    /// Gives the worker id back: nothing is drawn until the next grant.
    pub fn revoke(&self) {
        self.lock().grant = None;
    }

    /// The worker id that it has now.
    pub fn worker(&self) -> Option<WorkerId> {
        self.lock().grant.map(|grant| grant.worker)
    }

    /// The time of the last id, in milliseconds since 1970; `None` before the first one.
    pub fn used_until_unix_ms(&self) -> Option<i64> {
        let last = self.lock().last_elapsed_ms;
        (last >= 0).then_some(last + EPOCH_MS)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IdSource for SnowflakeIds {
    fn next_id(&self) -> Result<i64, IdSourceError> {
        let mut naps = 0;
        loop {
            let drawn = self.lock().draw(self.clock.unix_ms(), self.clock.monotonic_ms(), naps >= MOST_NAPS);
            match drawn {
                Draw::Id(id) => return Ok(id),
                Draw::Refused(reason) => return Err(IdSourceError { reason: reason.to_owned() }),
                Draw::NotYet => {
                    naps += 1;
                    std::thread::sleep(NAP);
                }
            }
        }
    }
}

impl State {
    /// One try. The time of an id is read before the end of the lease is checked, so a process that is frozen in between
    /// has not drawn a time that belongs to the next holder.
    fn draw(&mut self, unix_ms: i64, monotonic_ms: u64, waited_long: bool) -> Draw {
        let Some(grant) = self.grant else { return Draw::Refused("the process holds no worker id") };
        let elapsed_ms = (unix_ms - EPOCH_MS).max(0);
        let (time, sequence) = if elapsed_ms > self.last_elapsed_ms {
            (elapsed_ms, 0)
        } else if self.last_sequence < MAX_SEQUENCE {
            (self.last_elapsed_ms, self.last_sequence + 1)
        } else if waited_long || self.last_elapsed_ms - elapsed_ms > PATIENCE_MS {
            self.warn(self.last_elapsed_ms - elapsed_ms, monotonic_ms);
            (self.last_elapsed_ms + 1, 0)
        } else {
            return Draw::NotYet;
        };
        if let Some(until) = grant.until
            && (monotonic_ms > until.monotonic_ms || unix_ms > until.unix_ms || time + EPOCH_MS > until.unix_ms)
        {
            return Draw::Refused("the lease of its worker id has ended");
        }
        if time > MAX_ELAPSED_MS {
            return Draw::Refused("the clock is past the last moment that an id can hold");
        }
        self.last_elapsed_ms = time;
        self.last_sequence = sequence;
        Draw::Id(SnowflakeParts { elapsed_ms: time, worker: grant.worker, sequence }.id())
    }

    fn warn(&mut self, behind_ms: i64, monotonic_ms: u64) {
        if self.warned_at_ms.is_none_or(|at| monotonic_ms.saturating_sub(at) >= WARN_EVERY_MS) {
            self.warned_at_ms = Some(monotonic_ms);
            tracing::warn!(behind_ms, "the clock has stepped back; ids are counted on from the last one");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::tests::ManualClock;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const NOON: i64 = 1_700_000_000_000;

    fn worker(number: u32) -> WorkerId {
        WorkerId::new(0, number).unwrap()
    }

    fn at_noon() -> (Arc<ManualClock>, SnowflakeIds) {
        let clock = Arc::new(ManualClock::at(NOON));
        let ids = SnowflakeIds::with_fixed_worker(worker(0), Arc::clone(&clock) as Arc<dyn SnowflakeClock>);
        (clock, ids)
    }

    #[test]
    fn counts_inside_a_millisecond_and_starts_again_in_the_next() {
        let (clock, ids) = at_noon();
        assert_eq!(ids.next_id(), Ok(1_174_230_636_953_600_000));
        assert_eq!(ids.next_id(), Ok(1_174_230_636_953_600_001));
        clock.pass(1);
        assert_eq!(SnowflakeParts::of(ids.next_id().unwrap()).sequence, 0);
    }

    #[test]
    fn a_clock_that_steps_back_repeats_nothing_and_does_not_stop() {
        let (clock, ids) = at_noon();
        let mut last = ids.next_id().unwrap();
        clock.step(-3_600_000);
        for _ in 0..5_000 {
            let id = ids.next_id().unwrap();
            assert!(id > last);
            last = id;
        }
        assert_eq!(SnowflakeParts::of(last).elapsed_ms + EPOCH_MS, NOON + 4);
    }

    #[test]
    fn a_clock_that_stands_still_is_counted_on_after_a_while() {
        let (_clock, ids) = at_noon();
        let drawn: HashSet<i64> = (0..1_100).map(|_| ids.next_id().unwrap()).collect();
        assert_eq!(drawn.len(), 1_100);
    }

    #[test]
    fn nothing_is_drawn_without_a_worker_id() {
        let ids = SnowflakeIds::new(Arc::new(ManualClock::at(NOON)));
        assert!(ids.next_id().is_err());
        ids.grant(Grant::fixed(worker(3)));
        assert_eq!(SnowflakeParts::of(ids.next_id().unwrap()).worker, worker(3));
        ids.revoke();
        assert!(ids.next_id().is_err());
    }

    #[test]
    fn nothing_is_drawn_after_the_end_of_the_lease_by_either_clock() {
        let lease = |unix_ms, monotonic_ms| Grant { worker: worker(1), until: Some(LeaseEnd { unix_ms, monotonic_ms }), used_until_unix_ms: None };
        let clock = Arc::new(ManualClock::at(NOON));
        let ids = SnowflakeIds::new(Arc::clone(&clock) as Arc<dyn SnowflakeClock>);
        ids.grant(lease(NOON + 1_000, 1_000));
        assert!(ids.next_id().is_ok());
        clock.pass(1_001);
        assert!(ids.next_id().is_err());
        clock.step(-500);
        assert!(ids.next_id().is_err(), "the monotonic clock still knows");
        clock.step(500);
        ids.grant(lease(NOON + 5_000, 5_000));
        assert!(ids.next_id().is_ok());
        clock.step(10_000);
        assert!(ids.next_id().is_err(), "a machine that slept is found out by the wall clock");
    }

    #[test]
    fn ids_that_were_counted_ahead_of_the_clock_do_not_pass_the_end_of_the_lease() {
        let clock = Arc::new(ManualClock::at(NOON));
        let ids = SnowflakeIds::new(Arc::clone(&clock) as Arc<dyn SnowflakeClock>);
        ids.grant(Grant { worker: worker(1), until: Some(LeaseEnd { unix_ms: NOON + 2, monotonic_ms: 1_000 }), used_until_unix_ms: None });
        assert!(ids.next_id().is_ok());
        clock.step(-60_000);
        let drawn = (0..10_000).map_while(|_| ids.next_id().ok()).max().unwrap();
        assert_eq!(SnowflakeParts::of(drawn).elapsed_ms + EPOCH_MS, NOON + 2);
    }

    #[test]
    fn starts_after_the_former_holder_of_its_worker_id() {
        let clock = Arc::new(ManualClock::at(NOON));
        let ids = SnowflakeIds::new(clock);
        ids.grant(Grant { worker: worker(1), until: None, used_until_unix_ms: Some(NOON + 40) });
        assert_eq!(SnowflakeParts::of(ids.next_id().unwrap()).elapsed_ms + EPOCH_MS, NOON + 41);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        /// storage.md §13.2: no id comes twice, whatever the clock does and however many threads draw.
        #[test]
        fn no_id_comes_twice(steps in proptest::collection::vec(-20_i64..20, 1..40), threads in 1_usize..5) {
            let (clock, ids) = at_noon();
            let drawn: Vec<Vec<i64>> = std::thread::scope(|scope| {
                let drawers: Vec<_> = (0..threads)
                    .map(|_| scope.spawn(|| (0..600).map(|_| ids.next_id().unwrap()).collect::<Vec<_>>()))
                    .collect();
                for step in &steps {
                    clock.step(*step);
                    std::thread::yield_now();
                }
                drawers.into_iter().map(|drawer| drawer.join().unwrap()).collect()
            });
            for of_one_thread in &drawn {
                prop_assert!(of_one_thread.is_sorted_by(|left, right| left < right));
            }
            let all: HashSet<i64> = drawn.iter().flatten().copied().collect();
            prop_assert_eq!(all.len(), threads * 600);
        }
    }
}
