//! The HTTP API (surface.md §5–§7).

mod dispatch;
mod error;
mod health;
mod log;
mod rerun;
mod router;
mod stats;
mod trigger;
mod watch;

pub use dispatch::{Answer, dispatch};
pub use router::{HttpOptions, router};
