//! Positions of ordered sources that a group takes: written together at its end.

use nightowl_core::port::{OrderedPosition, StoreError};

use crate::sql::SqlUnitOfWork;
use crate::sql::passed::Passed;

/// The ordered sources of a group; there are few.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    sources: Vec<Source>,
    /// What was taken, in its order: the place among the sources, and the offset.
    taken: Vec<(usize, i64)>,
}

#[derive(Debug)]
struct Source {
    source: String,
    topic: String,
    passed: Passed,
}

impl Ordered {
    /// Whether nothing was taken.
    pub(super) const fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// How many positions were taken.
    pub(super) const fn len(&self) -> usize {
        self.taken.len()
    }

    /// Gives back those that were taken last.
    pub(super) fn truncate(&mut self, length: usize) {
        for (place, offset) in self.taken.drain(length.min(self.taken.len())..) {
            if let Some(source) = self.sources.get_mut(place) {
                source.passed.give_back(offset);
            }
        }
    }

    /// Takes a position; false when it was taken before. The database is asked where it is not known.
    pub(super) async fn take(&mut self, unit: &mut SqlUnitOfWork<'_>, source: &str, position: &OrderedPosition) -> Result<bool, StoreError> {
        let found = self.sources.iter().position(|known| known.source == source && *known.topic == *position.topic);
        let place = found.unwrap_or_else(|| {
            self.sources.push(Source { source: source.to_owned(), topic: position.topic.to_string(), passed: Passed::default() });
            self.sources.len() - 1
        });
        let Some(Source { passed, .. }) = self.sources.get_mut(place) else { return Ok(false) };
        if !passed.knows(position.offset) {
            passed.read(unit, source, position).await?;
        }
        if passed.has(position.offset) {
            return Ok(false);
        }
        passed.take(position.offset);
        self.taken.push((place, position.offset));
        Ok(true)
    }

    /// Writes what was taken.
    pub(super) async fn write(&self, unit: &mut SqlUnitOfWork<'_>) -> Result<(), StoreError> {
        for Source { source, topic, passed } in &self.sources {
            passed.write(unit, source, topic).await?;
        }
        Ok(())
    }
}
