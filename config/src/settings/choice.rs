//! Settings with a fixed set of values.

use serde::Deserialize;

/// What is kept when an action fails (`design.md §3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Atomicity {
    /// Nothing of that pipeline run.
    Pipeline,
    /// Every action that had succeeded: exactly the reference.
    Action,
    /// Nothing but logs, the source position and the payload.
    Trigger,
}

/// How much of a run is recorded (`engine.md §5.2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceLevel {
    /// The trigger's header only.
    Off,
    /// Logs of failed runs.
    Errors,
    /// The reference's monitor log.
    Monitor,
    /// Also statements, rows before and after, operands.
    Full,
}

/// Which changes of topic tables are made by themselves (`storage.md §11.8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicSync {
    /// None; a missing table is an error that names `nightowl migrate`.
    Off,
    /// Those that lose no data.
    Safe,
    /// Also those that lose data.
    Force,
}

/// Whether SQLite waits for the disk at every commit (`storage.md §9`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqliteSynchronous {
    /// It does.
    Full,
    /// The last answered triggers may be lost with the power, never half a trigger.
    Normal,
}

/// What becomes of a delivery that can never work (`surface.md §15.5`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadDelivery {
    /// A dead letter, then success.
    DeadLetter,
    /// An error of the invocation.
    Fail,
}

/// How a delivery is answered whose pipeline failed (`surface.md §15.5`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PipelineErrorAnswer {
    /// As success: the row is stored and the run can be repeated.
    Ack,
    /// As a failure.
    Fail,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A driver of object storage or messages (`surface.md §17`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriverName {
    /// Amazon Web Services.
    Aws,
    /// Alibaba Cloud.
    Alibaba,
    /// Microsoft Azure.
    Azure,
    /// Folders of this machine.
    Local,
    /// Nothing but memory, for tests.
    Memory,
}

/// The signature of sign-in tokens (`surface.md §3.2`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

/// The provider of single sign-on (`surface.md §19`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SsoProvider {
    /// SAML 2; refused while single sign-on is on.
    Saml2,
    /// OpenID Connect.
    Oidc,
    /// Our own sign-in.
    Doll,
}

/// Where a consumer group without a position begins (`surface.md §10`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OffsetReset {
    /// At the oldest message.
    Earliest,
    /// At the next message.
    Latest,
}
