//! The settings struct: what the process works with, typed and checked.

mod auth;
mod choice;
mod door;
mod engine;
mod store;

use serde::Deserialize;

pub use self::{
    auth::{Auth, Oidc},
    choice::{
        Atomicity, BadDelivery, DriverName, JwtAlgorithm, LogFormat, OffsetReset, PipelineErrorAnswer, SqliteSynchronous, SsoProvider, TopicSync, TraceLevel,
    },
    door::{Admin, Consume, Driver, Event, Function, Http, Kafka, RabbitMq},
    engine::{Engine, External, Limits, Log, Trace},
    store::{Cache, MetaStorage, Snowflake, Storage},
};

/// All settings in force. `Debug` masks secrets.
///
/// Only `functions` sees it; the other crates are handed plain values (`design.md §1`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Stores and their pools (`storage.md §9, §11.8, §14`).
    pub storage: Storage,
    /// The parts of the default store's URL as the reference names them (`storage.md §19`); `Storage::url` is built from them.
    pub meta_storage: MetaStorage,
    /// Ids and worker leases (`storage.md §13`).
    pub snowflake: Snowflake,
    /// Definitions changed by other processes (`storage.md §19`).
    pub cache: Cache,
    /// The engine (`engine.md §8`).
    pub engine: Engine,
    /// What is recorded of runs (`engine.md §5.2`).
    pub trace: Trace,
    /// Bounds of requests and data (`surface.md §5`).
    pub limits: Limits,
    /// External writers (`engine.md §6`).
    pub external: External,
    /// Application log lines, on stderr.
    pub log: Log,
    /// Tokens, sign-in and identity (`surface.md §2.4, §3`).
    pub auth: Auth,
    /// Sign-in with OpenID Connect (`surface.md §3.2`).
    pub oidc: Oidc,
    /// The HTTP API (`surface.md §5`).
    pub http: Http,
    /// What administration may do (`surface.md §8`).
    pub admin: Admin,
    /// Platform events (`surface.md §15`).
    pub event: Event,
    /// Function runtimes (`surface.md §15.6, §16`).
    pub function: Function,
    /// Drivers of objects and messages (`surface.md §17`).
    pub driver: Driver,
    /// Every consumer (`surface.md §10`).
    pub consume: Consume,
    /// Consuming Kafka (`surface.md §10`).
    pub kafka: Kafka,
    /// Consuming RabbitMQ (`surface.md §10`).
    pub rabbitmq: RabbitMq,
}
