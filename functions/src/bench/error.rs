//! Why a workload could not be measured.

use std::path::PathBuf;

use nightowl_core::port::StoreError;

use crate::door::DoorError;
use crate::node::NodeError;

/// What keeps a workload from being measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The file can not be read, or is no workload.
    #[error("failed to read workload {file}: {reason}")]
    Workload {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings of the measured node are wrong.
    #[error(transparent)]
    Settings(#[from] nightowl_config::ConfigError),
    /// The measured node failed.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A trigger failed, where every one has to be carried out.
    #[error("failed to fire a trigger of the workload: {0}")]
    Trigger(#[from] Box<DoorError>),
    /// The store of a floor failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the measurement could not be written or read.
    #[error("failed to measure: {0}")]
    Io(#[from] std::io::Error),
    /// A task of the measurement ended early.
    #[error("failed to measure: {reason}")]
    Ended {
        /// Which one and why.
        reason: String,
    },
}
