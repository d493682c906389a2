//! The pieces put together: store, ids, definitions, tokens, engine. Nobody else knows all of them.

mod catalogs;
mod clock;
mod data_source_url;
mod definitions;
mod error;
mod external;
mod lane;
mod open;
mod settings;
mod stores;
mod worker;

pub use catalogs::{Catalogs, TenantCatalog};
pub use clock::SystemClock;
pub use definitions::Applied;
pub use error::NodeError;
pub use lane::{Lane, LaneTicket};
pub use open::{FirstPasswords, Node, NodeOptions};
pub use settings::{engine_settings, time_zone};
pub use stores::Stores;
