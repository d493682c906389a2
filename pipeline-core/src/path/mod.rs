//! The data-path language: constants, paths, path functions (values.md §2–§4).
//!
//! Everything is parsed once, when a definition is compiled, against the [`Names`] that are known then; at run time a
//! parsed path reads a [`Scope`].

mod data_path;
mod date_argument;
mod error;
mod expression;
pub mod function;
mod grammar;
mod origin;
mod template;

use std::sync::Arc;

use chrono::NaiveDateTime;

use crate::model::FactorType;
use crate::value::{DateFormats, Object, Value};

pub use data_path::{Path, Root};
pub use date_argument::{Argument, DateArgument, TimeArgument};
pub use error::PathError;
pub use expression::Expression;
pub use origin::Origin;
pub use template::{Part, Template};

/// What is known about names when a path is compiled.
pub trait Names {
    /// The slot of a variable that some action or loop of the pipeline can define.
    fn variable_slot(&self, name: &str) -> Option<usize>;
    /// The type of the factor of the trigger topic that has exactly this (dotted) name.
    fn factor(&self, name: &str) -> Option<FactorType>;
}

/// What a constant or a path is compiled against.
#[derive(Clone, Copy)]
pub struct PathContext<'a> {
    /// The names that are known.
    pub names: &'a dyn Names,
    /// How date literals are read.
    pub dates: &'a DateFormats,
    /// Whether it is part of a `by`: then `&name` in date functions and `{&name.&length}` are factors of the topic that
    /// is read or written, the length of null is 0 (V-22), and a bare `{&old}` is a mistake (values.md §6.5).
    pub in_criteria: bool,
}

impl std::fmt::Debug for PathContext<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("PathContext").field("in_criteria", &self.in_criteria).finish_non_exhaustive()
    }
}

/// What a compiled path, constant or condition may look at while it is evaluated (values.md §4.1).
pub trait Scope {
    /// The value of a variable; `None` where it has not been defined, which differs from null (values.md §4.2).
    fn variable(&self, slot: usize) -> Option<&Value>;
    /// The factor path from which a variable was copied (values.md §4.4).
    fn origin(&self, slot: usize) -> Option<&Arc<str>>;
    /// The trigger data now; `None` for delete triggers.
    fn current(&self) -> Option<&Object>;
    /// The trigger data before; `None` for insert triggers.
    fn previous(&self) -> Option<&Object>;
    /// Whether the trigger topic has a factor of type `array` with exactly this dotted name.
    fn is_array_factor(&self, path: &str) -> bool;
    /// The moment, in the configured zone, without one.
    fn now(&self) -> NaiveDateTime;
    /// The next id of the sequence.
    fn next_id(&self) -> i64;
    /// How texts are read as dates.
    fn dates(&self) -> &DateFormats;
}
