//! How often a run asks its store, as an upper bound in the numbers that are not known before: elements of loops, rows
//! that are deleted.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// A sum of products, for instance `3 + 2 × elements of line`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundTrips(BTreeMap<Vec<String>, u64>);

impl RoundTrips {
    /// So many, whatever the data.
    pub fn fixed(count: u64) -> Self {
        Self(BTreeMap::from([(Vec::new(), count)]).into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        for (unknowns, count) in &other.0 {
            let sum = self.0.entry(unknowns.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// The larger of both, term by term: one of two ways is taken.
    pub fn at_least(&mut self, other: &Self) {
        for (unknowns, count) in &other.0 {
            let most = self.0.entry(unknowns.clone()).or_default();
            *most = (*most).max(*count);
        }
    }

    /// As often as an unknown number says.
    #[must_use]
    pub fn times(&self, unknown: &str) -> Self {
        let multiplied = self.0.iter().map(|(unknowns, count)| {
            let mut unknowns = unknowns.clone();
            unknowns.push(unknown.to_owned());
            unknowns.sort();
            (unknowns, *count)
        });
        Self(multiplied.collect())
    }

    /// How many terms the sum has.
    pub fn terms(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for RoundTrips {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("0");
        }
        for (position, (unknowns, count)) in self.0.iter().enumerate() {
            if position > 0 {
                out.write_str(" + ")?;
            }
            write!(out, "{count}")?;
            for unknown in unknowns {
                write!(out, " × {unknown}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for RoundTrips {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
