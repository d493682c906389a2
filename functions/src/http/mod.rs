//! The HTTP API (surface.md §5–§7).

mod error;
mod health;
mod log;
mod router;
mod trigger;

pub use router::{HttpOptions, router};
