//! What can go wrong with worker ids.

use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::StoreError;

/// Why no worker id can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnowflakeError {
    /// The settings name a data center outside 0 to 3 (storage.md §13.1).
    #[error("failed to use data center {data_center}: it has to be between 0 and 3")]
    DataCenterOutOfRange {
        /// What was set.
        data_center: u32,
    },
    /// The settings name a worker outside 0 to 1023 (storage.md §13.1).
    #[error("failed to use worker {worker}: it has to be between 0 and 1023")]
    WorkerOutOfRange {
        /// What was set.
        worker: u32,
    },
    /// All workers of the data center are held by living processes (storage.md §13.5 c).
    #[error("failed to get a worker id: all 1024 of data center {data_center} are in use; stop processes, or use another data center")]
    NoneFree {
        /// The data center.
        data_center: u8,
    },
    /// Somebody else holds the worker id now: the lease was taken over after it had ended.
    #[error("failed to renew worker {worker} of data center {data_center}: the lease has passed to another process")]
    LeaseLost {
        /// The data center.
        data_center: u8,
        /// The worker.
        worker: u16,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for SnowflakeError {
    fn code(&self) -> &'static str {
        match self {
            Self::DataCenterOutOfRange { .. } => "config-data-center",
            Self::WorkerOutOfRange { .. } => "config-worker",
            Self::NoneFree { .. } => "storage-no-worker-free",
            Self::LeaseLost { .. } => "storage-worker-lease-lost",
            Self::Store(error) => error.code(),
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::DataCenterOutOfRange { .. } | Self::WorkerOutOfRange { .. } => ErrorClass::Fatal,
            Self::NoneFree { .. } | Self::LeaseLost { .. } => ErrorClass::Retry,
            Self::Store(error) => error.class(),
        }
    }
}
