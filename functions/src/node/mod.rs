//! The pieces put together: store, ids, definitions, tokens, engine. Nobody else knows all of them.

mod catalogs;
mod clock;
mod definitions;
mod error;
mod external;
mod lane;
mod monitor_topics;
mod open;
mod retry;
mod settings;
pub(crate) mod stores;
mod worker;

pub use catalogs::{Catalogs, TenantCatalog};
pub use clock::SystemClock;
pub use definitions::Applied;
pub use error::NodeError;
pub use external::{HandOver, Signal};
pub use lane::{Lane, LaneTicket};
pub use open::{FirstPasswords, Node, NodeOptions};
pub use settings::{engine_settings, time_zone};
pub use stores::Stores;

pub(crate) use lane::log_alarms;
pub(crate) use retry::with_retries;
