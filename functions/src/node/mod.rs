//! The pieces put together: store, ids, definitions, tokens, engine. Nobody else knows all of them.

mod applied;
mod archive;
mod backlog;
mod catalogs;
mod claims;
mod clock;
pub(crate) mod crossing;
mod data_source_params;
mod data_source_url;
mod definitions;
mod error;
mod external;
mod groups;
mod keys;
mod lane;
mod lane_worker;
mod leave;
mod migrate;
mod monitor_topics;
mod open;
mod pending;
mod redrive;
mod retry;
mod settings;
pub(crate) mod stores;
mod tables;
mod units;
mod worker;

pub use catalogs::{Catalogs, TenantCatalog, aes_key};
pub use clock::SystemClock;
pub use crossing::Crossings;
pub use definitions::Applied;
pub use error::NodeError;
pub use external::{HandOver, Signal};
pub use groups::GroupCounts;
pub use lane::{GroupLimits, LaneTicket, Lanes, When};
pub use migrate::{Migration, StoreSteps, plan_migration};
pub use open::{FirstPasswords, Node, NodeOptions};
pub use pending::{Backlog, Pending};
pub use settings::{engine_settings, time_zone};
pub use stores::{OpenStore, Stores};
pub use tables::StoreTables;

pub(crate) use lane_worker::log_alarms;
use retry::resumed;
pub(crate) use retry::{gone_on, with_retries};
