//! Errors of the command line and their exit codes (design.md §4).

use std::process::ExitCode;

use nightowl_config::ConfigError;
use nightowl_core::error::{Coded, ErrorClass};

use crate::door::DoorError;
use crate::input::InputError;
use crate::node::NodeError;
use crate::runtime::RuntimeError;

/// Why a verb could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The settings are wrong.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The node can not be opened, or failed.
    #[error("{code}: {0}", code = .0.code())]
    Node(#[from] NodeError),
    /// A trigger could not be carried out because the world failed.
    #[error("{code}: {0}", code = .0.code())]
    Door(Box<DoorError>),
    /// A delivery of an event could not be carried out because the world failed.
    #[error("{code}: {message}")]
    NotDone {
        /// The code of what failed.
        code: &'static str,
        /// Where, and what.
        message: String,
    },
    /// The verb was used in a wrong way.
    #[error("{0}")]
    Usage(String),
    /// Something that was asked for is not there.
    #[error("{code}: {message}")]
    NotFound {
        /// A stable code.
        code: &'static str,
        /// What is not there, and where to look.
        message: String,
    },
    /// A check failed; its findings are printed already.
    #[error("{0}")]
    Check(String),
    /// A file with triggers can not be read.
    #[error("{code}: {0}", code = .0.code())]
    Input(#[from] InputError),
    /// Reading a file or writing the output failed.
    #[error("failed to read or write: {0}")]
    Io(#[from] std::io::Error),
    /// The function platform can not be served.
    #[error("{code}: {0}", code = .0.code())]
    Platform(#[from] RuntimeError),
    /// The run time could not be started.
    #[error("failed to start the run time: {reason}")]
    Runtime {
        /// Why.
        reason: String,
    },
}

impl CliError {
    /// Something that was asked for is not there.
    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::NotFound { code, message: message.into() }
    }

    /// Prints the error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        if let Self::Io(error) = self
            && error.kind() == std::io::ErrorKind::BrokenPipe
        {
            return ExitCode::SUCCESS;
        }
        super::output::problem(&format!("nightowl: {self}"));
        ExitCode::from(self.exit_code())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::Node(error) if error.code().starts_with("config-") => 78,
            Self::Node(error) => by_class(error.class()),
            Self::Door(error) => by_class(error.class()),
            Self::NotDone { .. } => 69,
            Self::Platform(RuntimeError::Settings(error)) => error.exit_code(),
            Self::Platform(error) if error.class() == ErrorClass::Fatal => 78,
            Self::Platform(error) => by_class(error.class()),
            Self::Usage(_) => 2,
            Self::NotFound { .. } | Self::Check(_) | Self::Input(_) | Self::Io(_) => 1,
            Self::Runtime { .. } => 70,
        }
    }
}

macro_rules! by_way_of_node {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::Node(NodeError::from(error))
            }
        })+
    };
}

by_way_of_node!(nightowl_core::port::StoreError, nightowl_storage::meta::MetaError, nightowl_auth::AuthError);

const fn by_class(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::Reject => 1,
        ErrorClass::Retry | ErrorClass::Fatal => 69,
        ErrorClass::Bug => 70,
    }
}
