//! The memory of one pipeline run: trigger data, variables, where they came from (values.md §4, engine.md §3.2).

use std::sync::{Arc, OnceLock};

use chrono::NaiveDateTime;

use crate::compile::TopicPlan;
use crate::model::FactorType;
use crate::path::Scope;
use crate::port::{Clock, IdSource, IdSourceError};
use crate::value::{DateFormats, Object, Value};

/// A defined variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    /// What it holds.
    pub value: Value,
    /// The factor path that it was copied from.
    pub origin: Option<Arc<str>>,
}

/// The variables by slot; `None` where one has not been defined.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Vec<Option<Variable>>);

impl Variables {
    /// Defines a variable.
    pub(crate) fn put(&mut self, slot: usize, value: Value, origin: Option<Arc<str>>) {
        if self.0.len() <= slot {
            self.0.resize(slot + 1, None);
        }
        if let Some(place) = self.0.get_mut(slot) {
            *place = Some(Variable { value, origin });
        }
    }

    /// A variable, where it is defined.
    pub(crate) fn get(&self, slot: usize) -> Option<&Variable> {
        self.0.get(slot).and_then(Option::as_ref)
    }

    /// What was defined, or defined anew, since an earlier state of the same memory.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let changed = |(slot, variable): (usize, &Option<Variable>)| variable.clone().filter(|variable| earlier.get(slot) != Some(variable));
        Self(self.0.iter().enumerate().map(changed).collect())
    }

    /// Takes over what another memory has defined.
    pub(crate) fn overlay(&mut self, other: &Self) {
        for (slot, variable) in other.0.iter().enumerate() {
            if let Some(Variable { value, origin }) = variable {
                self.put(slot, value.clone(), origin.clone());
            }
        }
    }
}

/// The memory of one pipeline run.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    /// The trigger data before.
    pub previous: Option<Object>,
    /// The trigger data now.
    pub current: Option<Object>,
    /// The row that they are of; -1 for synonyms.
    pub data_id: i64,
    /// The variables.
    pub variables: Variables,
}

/// What evaluation asks of the world: time and ids. An id that can not be drawn is remembered, so that the run is given up.
#[derive(Debug)]
pub(crate) struct World<'a> {
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The ids.
    pub ids: &'a dyn IdSource,
    /// How dates are read.
    pub dates: &'a DateFormats,
    refused: OnceLock<IdSourceError>,
}

impl<'a> World<'a> {
    /// A world of this clock and these ids.
    pub(crate) const fn new(clock: &'a dyn Clock, ids: &'a dyn IdSource, dates: &'a DateFormats) -> Self {
        Self { clock, ids, dates, refused: OnceLock::new() }
    }

    /// The next id; 0 when none can be drawn, which [`World::refusal`] then tells.
    pub(crate) fn next_id(&self) -> i64 {
        match self.ids.next_id() {
            Ok(id) => id,
            Err(error) => {
                self.refused.get_or_init(|| error);
                0
            }
        }
    }

    /// Why an id could not be drawn, if that happened.
    pub(crate) fn refusal(&self) -> Option<&IdSourceError> {
        self.refused.get()
    }
}

/// A view of a memory, for evaluating parameters and conditions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryScope<'a> {
    /// The memory.
    pub memory: &'a Memory,
    /// The trigger topic.
    pub topic: &'a TopicPlan,
    /// Time and ids.
    pub world: &'a World<'a>,
    /// Whether the previous trigger data stand in for the current (engine.md §3.9, `prv`).
    pub as_before: bool,
}

impl Scope for MemoryScope<'_> {
    fn variable(&self, slot: usize) -> Option<&Value> {
        self.memory.variables.get(slot).map(|variable| &variable.value)
    }

    fn origin(&self, slot: usize) -> Option<&Arc<str>> {
        self.memory.variables.get(slot).and_then(|variable| variable.origin.as_ref())
    }

    fn current(&self) -> Option<&Object> {
        if self.as_before { self.memory.previous.as_ref() } else { self.memory.current.as_ref() }
    }

    fn previous(&self) -> Option<&Object> {
        self.memory.previous.as_ref()
    }

    fn is_array_factor(&self, path: &str) -> bool {
        self.topic.factors.iter().any(|factor| factor.factor_type == FactorType::Array && &*factor.name == path)
    }

    fn now(&self) -> NaiveDateTime {
        self.world.clock.now()
    }

    fn next_id(&self) -> i64 {
        self.world.next_id()
    }

    fn dates(&self) -> &DateFormats {
        self.world.dates
    }
}
