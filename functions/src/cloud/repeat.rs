//! When a call is repeated that may work a moment later (surface.md §17).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often.
const TIMES: u32 = 3;
/// The first pause; each is about twice the one before.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses before the repetitions of one call.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    taken: u32,
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.taken == TIMES {
            return None;
        }
        let pause = (FIRST * 2_u32.pow(self.taken)).min(LONGEST);
        self.taken += 1;
        // up to half of it less, so that those who failed together do not come together again
        let jitter = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
        Some(pause - pause.mul_f64(f64::from(jitter % 1000) / 2000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_pauses_each_about_twice_the_one_before() {
        let pauses: Vec<Duration> = Pauses::default().collect();
        assert_eq!(pauses.len(), 3);
        for (pause, most) in pauses.iter().zip([500, 1000, 2000]) {
            assert!(*pause <= Duration::from_millis(most) && *pause >= Duration::from_millis(most / 2), "{pauses:?}");
        }
    }
}
