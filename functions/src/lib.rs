//! Nightowl: row-level stream processing on SQL. Watchmen's topics and pipelines, behind every door.

pub mod bench;
pub mod cli;
#[cfg(any(feature = "aws", feature = "alibaba"))]
mod cloud;
pub mod definition;
pub mod door;
mod embed;
pub mod event;
pub mod http;
pub mod input;
#[cfg(any(feature = "aws", feature = "alibaba"))]
mod messaging;
pub mod metric;
pub mod node;
pub mod object_storage;
mod outbound;
pub mod render;
pub mod rerun;
pub mod rows;
pub mod runtime;
pub mod scenario;
#[cfg(feature = "server")]
pub mod schedule;
mod secret;
#[cfg(any(feature = "server", feature = "aws", feature = "azure", feature = "alibaba"))]
mod shutdown;
pub mod trace;
pub mod writer;

pub use embed::{Nightowl, OpenError};
pub use nightowl_config::Sources;
