//! Ids and the worker ids that they carry (storage.md §13).
//!
//! One [`SnowflakeIds`] per process draws ids. Which worker id it may use, and until when, is a [`Grant`]: a fixed one
//! from the settings, or a [`Lease`] on a row of `snowflake_workers`.

mod clock;
mod error;
mod generator;
mod lease;
mod layout;

pub use clock::{SnowflakeClock, SystemClock};
pub use error::SnowflakeError;
pub use generator::{Grant, LeaseEnd, SnowflakeIds};
pub use layout::{EPOCH_MS, SnowflakeParts, WorkerId};
pub(crate) use lease::insert_missing_workers;
pub use lease::{Lease, LeaseKind, LeaseOptions, acquire, release, renew};
