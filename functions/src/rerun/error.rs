//! Why something can not be run again.

use nightowl_core::error::{Coded, ErrorClass};

/// Why something can not be run again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RerunError {
    /// A parameter is blank.
    #[error("failed to read the request: {name} is missing or blank")]
    ParameterMissing {
        /// The parameter.
        name: &'static str,
    },
    /// No pipeline of the tenant has the id.
    #[error("failed to run again: there is no pipeline \"{pipeline_id}\"")]
    PipelineNotFound {
        /// Its id.
        pipeline_id: String,
    },
    /// No log of the tenant has the uid.
    #[error("failed to run again: there is no log \"{uid}\"")]
    LogNotFound {
        /// Its uid.
        uid: String,
    },
    /// More logs than one request may hold.
    #[error("failed to run again: {count} logs are more than {limit}; send them in parts")]
    TooManyLogs {
        /// How many they are.
        count: usize,
        /// How many they may be.
        limit: usize,
    },
    /// Nothing was recorded of a trigger that could be run again.
    #[error("failed to run trigger {trigger_id} again: no row was recorded; set trace.level to monitor or full")]
    NothingRecorded {
        /// The trigger.
        trigger_id: String,
    },
}

impl Coded for RerunError {
    fn code(&self) -> &'static str {
        match self {
            Self::ParameterMissing { .. } => "trigger-parameter-missing",
            Self::PipelineNotFound { .. } => "trigger-pipeline-not-found",
            Self::LogNotFound { .. } => "trigger-log-not-found",
            Self::TooManyLogs { .. } => "limit-reruns",
            Self::NothingRecorded { .. } => "trigger-nothing-recorded",
        }
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}

impl RerunError {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::PipelineNotFound { .. } | Self::LogNotFound { .. } => 404,
            Self::ParameterMissing { .. } | Self::TooManyLogs { .. } | Self::NothingRecorded { .. } => 400,
        }
    }
}
