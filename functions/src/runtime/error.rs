//! Why the process can not serve its platform.

use nightowl_config::ConfigError;
use nightowl_core::error::{Coded, ErrorClass};

use super::Platform;
use crate::node::NodeError;

/// Why the process can not serve its platform.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The settings are wrong.
    #[error("{0}")]
    Settings(#[from] ConfigError),
    /// What the settings name can not be used.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A variable of the platform says something that it never says.
    #[error("failed to use variable {name} of {}: {reason}", .platform.as_str())]
    Variable {
        /// The platform.
        platform: Platform,
        /// The variable.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The platform's port can not be had.
    #[error("failed to listen on {address}: {reason}; free it, since {} asks for no other", .platform.as_str())]
    Listen {
        /// The platform.
        platform: Platform,
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The platform's own interface gives no answer any more.
    #[error("failed to reach the runtime interface of {}: {reason}", .platform.as_str())]
    Interface {
        /// The platform.
        platform: Platform,
        /// What came instead of an answer.
        reason: String,
    },
    /// This build leaves the platform out.
    #[error("failed to serve {}: this build leaves it out; build with --features {}", .platform.as_str(), .platform.feature())]
    NotBuilt {
        /// The platform.
        platform: Platform,
    },
}

impl Coded for RuntimeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) | Self::Variable { .. } => "config-value-wrong",
            Self::Node(error) => error.code(),
            Self::Listen { .. } => "runtime-listen",
            Self::Interface { .. } => "runtime-interface",
            Self::NotBuilt { .. } => "runtime-not-built",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Settings(_) | Self::Variable { .. } | Self::NotBuilt { .. } => ErrorClass::Fatal,
            Self::Node(error) => error.class(),
            Self::Listen { .. } | Self::Interface { .. } => ErrorClass::Retry,
        }
    }
}
