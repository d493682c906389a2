//! What can go wrong while the pieces are put together.

use nightowl_auth::AuthError;
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::port::{IdSourceError, StoreError};
use nightowl_storage::meta::MetaError;
use nightowl_storage::snowflake::SnowflakeError;

/// Why the node can not be opened, or can not do what is asked.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The META store failed.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// No worker id can be had.
    #[error(transparent)]
    Snowflake(#[from] SnowflakeError),
    /// No id can be drawn.
    #[error(transparent)]
    Ids(#[from] IdSourceError),
    /// Authentication failed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// A setting can not be used.
    #[error("failed to use setting {key}: {reason}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Definitions can not be read.
    #[error("failed to apply definitions: they have {count} mistakes, the first one is {first}")]
    Definitions {
        /// The first mistake.
        first: String,
        /// How many there are.
        count: usize,
    },
    /// A tenant is not there.
    #[error("failed to find tenant \"{tenant_id}\": there is no such tenant")]
    TenantUnknown {
        /// Its id.
        tenant_id: String,
    },
    /// A data source is not there, or can not be opened.
    #[error("failed to open data source \"{data_source_id}\": {reason}")]
    DataSource {
        /// Its id.
        data_source_id: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The node is shutting down.
    #[error("failed to take the trigger: the process is shutting down; send it again")]
    ShuttingDown,
}

impl Coded for NodeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Meta(error) => error.code(),
            Self::Snowflake(error) => error.code(),
            Self::Ids(error) => error.code(),
            Self::Auth(error) => error.code(),
            Self::Setting { .. } => "config-value-wrong",
            Self::Definitions { .. } => "definition-mistakes",
            Self::TenantUnknown { .. } => "trigger-tenant-not-found",
            Self::DataSource { .. } => "storage-data-source",
            Self::ShuttingDown => "storage-shutting-down",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Store(error) => error.class(),
            Self::Meta(error) => error.class(),
            Self::Snowflake(error) => error.class(),
            Self::Ids(error) => error.class(),
            Self::Auth(error) => crate::door::class_of(error.class()),
            Self::Setting { .. } => ErrorClass::Fatal,
            Self::Definitions { .. } | Self::TenantUnknown { .. } | Self::DataSource { .. } => ErrorClass::Reject,
            Self::ShuttingDown => ErrorClass::Retry,
        }
    }
}
