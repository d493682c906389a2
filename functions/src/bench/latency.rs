//! How long callers waited.

use std::time::Duration;

/// The waiting times of answered triggers.
#[derive(Debug, Clone, Default)]
pub(super) struct Latencies(Vec<u32>);

impl Latencies {
    /// Notes one.
    pub(super) fn note(&mut self, waited: Duration) {
        self.0.push(u32::try_from(waited.as_micros()).unwrap_or(u32::MAX));
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Takes those of another caller in.
    pub(super) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The times that 50, 95 and 99 of 100 triggers did not exceed, in milliseconds; none without triggers.
    pub(super) fn percentiles_ms(mut self) -> Option<[f64; 3]> {
        self.0.sort_unstable();
        let last = self.0.len().checked_sub(1)?;
        let at = |percent: usize| self.0.get(last * percent / 100).map_or(0.0, |micros| f64::from(*micros) / 1000.0);
        Some([at(50), at(95), at(99)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_callers() {
        let (mut one, mut other) = (Latencies::default(), Latencies::default());
        (0..50).for_each(|millis| one.note(Duration::from_millis(millis)));
        (50..101).for_each(|millis| other.note(Duration::from_millis(millis)));
        one.extend(&other);
        assert_eq!(one.count(), 101);
        assert_eq!(one.percentiles_ms(), Some([50.0, 95.0, 99.0]));
        assert_eq!(Latencies::default().percentiles_ms(), None);
    }
}
