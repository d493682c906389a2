//! The HTTP API (surface.md §5–§7).

mod error;
mod health;
mod log;
mod rerun;
mod router;
mod stats;
mod trigger;
mod watch;

pub use router::{HttpOptions, router};
