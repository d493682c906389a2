//! The pieces put together: store, ids, definitions, tokens, engine. Nobody else knows all of them.

mod backlog;
mod catalogs;
mod clock;
mod definitions;
mod error;
mod external;
mod lane;
mod open;
mod pending;
mod repeat;
mod settings;
mod stores;
mod worker;

pub use catalogs::{Catalogs, TenantCatalog, aes_key};
pub use clock::SystemClock;
pub use definitions::Applied;
pub use error::NodeError;
pub use lane::{Lane, LaneTicket, When};
pub use open::{FirstPasswords, Node, NodeOptions};
pub use pending::{Backlog, Pending};
pub use settings::{engine_settings, time_zone};
pub use stores::Stores;
