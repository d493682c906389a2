//! Reading trigger files: what `nightowl run` and `nightowl trigger` are given (surface.md §15.1, §21).
//!
//! [`find`] turns arguments into [`Source`]s; opening one surveys its content once (form, length, hash) and gives an
//! [`Input`], an iterator over the documents in it. What is broken is an element too: it carries its error, and the
//! rest goes on.

mod array;
mod error;
mod form;
mod hex;
mod lines;
mod read;
mod records;
mod source;
mod survey;
#[cfg(test)]
mod tests;

pub use error::InputError;
pub use form::Form;
pub(crate) use hex::hex;
pub use read::{Bounds, Element, Input, is_longer};
pub use records::{CsvForm, CsvReading};
pub use source::{Source, find};
