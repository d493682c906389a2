//! Ids and the worker ids that they carry (storage.md §13).
//!
//! One [`SnowflakeIds`] per process draws ids. Which worker id it may use, and until when, is a [`Grant`]: a fixed one
//! from the settings, or a [`Lease`] on a row of `snowflake_workers` (or of the older `snowflake_competitive_workers`) that a
//! [`LeaseKeeper`] renews.

mod clock;
mod error;
mod generator;
mod keeper;
mod layout;
mod lease;
mod older_lease;

pub use clock::{SnowflakeClock, SystemClock};
pub use error::SnowflakeError;
pub use generator::{Grant, LeaseEnd, SnowflakeIds};
pub use keeper::{LeaseKeeper, LeaseTable};
pub use layout::{EPOCH_MS, SnowflakeParts, WorkerId};
pub(crate) use lease::insert_missing_workers;
pub use lease::{Lease, LeaseKind, LeaseOptions, acquire, release, renew};
pub use older_lease::{LocalTime, acquire_older, release_older, renew_older};
