//! Nightowl: row-level stream processing on SQL. Watchmen's topics and pipelines, behind every door.

pub mod bench;
pub mod cli;
pub mod definition;
pub mod door;
mod embed;
pub mod event;
pub mod http;
pub mod input;
pub mod metric;
pub mod node;
pub mod object_storage;
pub mod render;
pub mod rerun;
pub mod rows;
pub mod runtime;
pub mod scenario;
#[cfg(feature = "server")]
pub mod schedule;
#[cfg(any(feature = "server", feature = "aws", feature = "azure", feature = "alibaba"))]
mod shutdown;
pub mod trace;
pub mod writer;

pub use embed::{Nightowl, OpenError};
pub use nightowl_config::Sources;
