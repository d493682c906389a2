//! External writers (engine.md §6): one file a type, all of the same shape, behind [`ExternalWriter`](nightowl_core::port::ExternalWriter).
//!
//! To add a type is to add a file and a line in [`Writers::of`].

mod address;
mod allow;
mod client;
mod elastic_search;
mod registry;
mod secret;
mod standard;
#[cfg(test)]
mod tests;

pub use allow::AllowedHosts;
pub(crate) use client::tls_config;
pub use registry::{Writers, enabled};
