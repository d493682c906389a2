//! Ids for one preparation.

use crate::port::{IdSource, IdSourceError};

/// Draws ids and remembers when none could be drawn.
#[derive(Debug)]
pub struct Ids<'a> {
    source: &'a dyn IdSource,
    refused: Option<IdSourceError>,
}

impl<'a> Ids<'a> {
    /// Ids of a source.
    pub const fn new(source: &'a dyn IdSource) -> Self {
        Self { source, refused: None }
    }

    /// The next id; 0 when none can be drawn, which [`Ids::refusal`] then tells.
    pub fn next_id(&mut self) -> i64 {
        self.source.next_id().unwrap_or_else(|error| {
            self.refused.get_or_insert(error);
            0
        })
    }

    /// Why an id could not be drawn, if that happened: what was prepared is then of no use.
    pub const fn refusal(&self) -> Option<&IdSourceError> {
        self.refused.as_ref()
    }
}
