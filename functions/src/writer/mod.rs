//! External writers (engine.md §6): one file a type, all of the same shape, behind [`ExternalWriter`](nightowl_core::port::ExternalWriter).
//!
//! To add a type is to add a file and a line in [`Writers::of`].

mod elastic_search;
#[cfg(feature = "kafka")]
mod kafka;
mod message;
mod object_storage;
#[cfg(any(feature = "aws", feature = "alibaba"))]
mod queue;
mod registry;
mod secret;
mod standard;
#[cfg(test)]
mod tests;

pub use registry::{Writers, enabled};
