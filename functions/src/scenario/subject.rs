//! What the runner needs of an installation of Nightowl, wherever it lives.

use async_trait::async_trait;
use nightowl_core::error::{Coded, ErrorClass};
use serde_json::Value as Json;

use super::file::Scenario;

/// An installation under test. A scenario has it to itself, from [`prepare`](Self::prepare) to the last question.
#[async_trait]
pub trait Subject: Send {
    /// Makes the scenario's tenants, each with an admin, a token and an empty data source, and saves its definitions.
    /// Whatever an earlier scenario left behind is gone. The rules are surface.md §21, `test`.
    async fn prepare(&mut self, scenario: &Scenario) -> Result<(), SubjectError>;

    /// Fires a trigger as `POST /pipeline/data` would, and returns when it was answered and its logs are written. A
    /// refused trigger is an answer, not an error.
    async fn fire(&mut self, trigger: &FiredTrigger) -> Result<Answer, SubjectError>;

    /// All rows of a topic's table as objects: the factors by name, and every fixed column that the table has (`id_`,
    /// `data_`, `aggregate_assist_`, `version_`, …). Dates and times are ISO texts, JSON columns are JSON.
    async fn rows(&mut self, tenant: &str, topic: &str) -> Result<Vec<Json>, SubjectError>;

    /// All monitor logs of a tenant in Watchmen's shape (engine.md §5.1), complete, in the order of execution.
    async fn logs(&mut self, tenant: &str) -> Result<Vec<Json>, SubjectError>;

    /// The id that a tenant was given.
    fn tenant_id(&self, tenant: &str) -> Option<String>;
}

/// A trigger as it leaves the runner.
#[derive(Debug, Clone, PartialEq)]
pub struct FiredTrigger {
    /// The symbol of the tenant whose token is used.
    pub tenant: String,
    /// What is sent as token.
    pub pat: Pat,
    /// The topic's name.
    pub code: String,
    /// The data; not always an object.
    pub data: Json,
    /// The trigger type; not always one that exists.
    pub trigger_type: String,
    /// The tenant id in the body, if one is sent.
    pub tenant_id: Option<String>,
    /// The trace id in the body. The runner finds the logs of a trigger by it.
    pub trace_id: String,
}

/// What is sent as token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pat {
    /// The personal access token of the tenant's admin.
    #[default]
    Tenant,
    /// A token that nobody has.
    Wrong,
    /// None.
    Missing,
    /// The sign-in token of the super admin.
    SuperAdmin,
}

/// How a trigger was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Json,
}

/// Why an installation can not be asked; it ends the scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SubjectError {
    /// The code of the error that the installation met.
    pub code: &'static str,
    /// Its class.
    pub class: ErrorClass,
    /// Its text.
    pub message: String,
}

impl SubjectError {
    /// An error of the installation, as the runner reports it.
    pub fn from_coded(error: &(impl Coded + ToString)) -> Self {
        Self { code: error.code(), class: error.class(), message: error.to_string() }
    }
}

impl Coded for SubjectError {
    fn code(&self) -> &'static str {
        self.code
    }

    fn class(&self) -> ErrorClass {
        self.class
    }
}
