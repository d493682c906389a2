//! The HTTP API (surface.md §5–§7).

mod dispatch;
mod error;
mod event;
mod health;
mod log;
mod rerun;
mod router;
mod stats;
mod trigger;
mod watch;

pub use dispatch::{Answer, dispatch};
pub(crate) use dispatch::{refusal_of_event, without_base_path};
pub use router::{HttpOptions, router};
