//! The pieces put together: store, ids, definitions, tokens, engine. Nobody else knows all of them.

mod backlog;
mod catalogs;
mod clock;
mod data_source_url;
mod definitions;
mod error;
mod external;
mod groups;
mod lane;
mod lane_worker;
mod monitor_topics;
mod open;
mod pending;
mod retry;
mod settings;
pub(crate) mod stores;
mod worker;

pub use catalogs::{Catalogs, TenantCatalog, aes_key};
pub use clock::SystemClock;
pub use definitions::Applied;
pub use error::NodeError;
pub use external::{HandOver, Signal};
pub use groups::GroupCounts;
pub use lane::{GroupLimits, LaneTicket, Lanes, When};
pub use open::{FirstPasswords, Node, NodeOptions};
pub use pending::{Backlog, Pending};
pub use settings::{engine_settings, time_zone};
pub use stores::{OpenStore, Stores};

pub(crate) use lane_worker::log_alarms;
pub(crate) use retry::{gone_on, with_retries};
