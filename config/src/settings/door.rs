//! The HTTP API, events, function runtimes and consumers.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::choice::{BadDelivery, DriverName, OffsetReset, PipelineErrorAnswer};

/// The HTTP API (`surface.md §5`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The address that `nightowl serve` listens on.
    pub listen: String,
    /// A path that platforms put before ours; it is cut off.
    pub base_path: Option<String>,
    /// The path of the metrics.
    pub metrics_path: String,
    /// Answers the origins that are listed; none are by default.
    pub cors: bool,
    /// Origins that browsers may call from.
    pub cors_allowed_origins: Vec<String>,
    /// Methods that they may use.
    pub cors_allowed_methods: Vec<String>,
    /// Headers that they may send.
    pub cors_allowed_headers: Vec<String>,
    /// Whether they may send credentials.
    pub cors_allow_credentials: bool,
}

/// What administration may do (`surface.md §8`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Serves the deletion of definitions.
    pub tuple_deletable: bool,
    /// Makes the pipeline monitor topics with a tenant.
    pub create_monitor_topics: bool,
    /// Makes the data quality topics with a tenant.
    pub create_dqc_topics: bool,
    /// Leaves passwords of data sources out of answers.
    pub hide_data_source_password: bool,
    /// Serves the truncation of a topic's rows.
    pub truncate_topic_data: bool,
}

/// Platform events (`surface.md §15`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Takes every event as one of this source, instead of detecting it.
    pub source: Option<String>,
    /// What events mean: the first route that matches completes the envelope.
    pub route: Vec<Value>,
    /// A JSON file with the routes, used where event.route is empty.
    pub routes_file: Option<PathBuf>,
    /// What `nightowl serve` fires by itself.
    pub schedule: Vec<Value>,
    /// Largest object that holds one envelope. At least 1024 bytes.
    pub max_object_bytes: usize,
    /// Recognises deliveries that were seen before.
    pub dedup: bool,
    /// What becomes of a delivery that can never work.
    pub bad_delivery: BadDelivery,
    /// How a delivery is answered whose pipeline failed.
    pub pipeline_error: PipelineErrorAnswer,
    /// table, or a second destination: s3://…, oss://…, sqs:…, mns:…, blob://…, file:…, log.
    pub dead_letter: String,
    /// Time kept free before a platform's deadline. 0 to 300 seconds.
    pub safety_margin_seconds: u64,
}

/// Function runtimes (`surface.md §15.6, §16`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Longest time of one invocation. 5 to 900 seconds.
    pub timeout_seconds: u64,
    /// The profile of the deployment; qinling gives an invocation 5 seconds where nothing is said, and 300 at most.
    pub profile: Option<String>,
    /// The Azure binding that carries the event.
    pub azure_binding_name: Option<String>,
}

/// Drivers of objects and messages (`surface.md §17`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// The driver of object storage; without one the platform's.
    pub object_storage: Option<DriverName>,
    /// The driver of messages; without one the platform's.
    pub messaging: Option<DriverName>,
    /// The bucket that is used where none is named.
    pub object_bucket: Option<String>,
    /// The queue's URL that is used where none is named.
    pub queue_url: Option<String>,
    /// The message topic that is used where none is named.
    pub topic_name: Option<String>,
    /// The queue's name that is used where none is named.
    pub queue_name: Option<String>,
    /// The endpoint of OSS, instead of the region's.
    pub oss_endpoint: Option<String>,
}

/// Every consumer (`surface.md §10`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consume {
    /// How long brokers may be away at the start. 1 to 3600 seconds.
    pub start_timeout: u64,
}

/// Consuming Kafka (`surface.md §10`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kafka {
    /// Consumes Kafka.
    pub enabled: bool,
    /// Bootstrap servers, separated by commas.
    pub brokers: String,
    /// Topics to consume; one that begins with ^ is a pattern.
    pub topics: Vec<String>,
    /// The consumer group.
    pub group_id: String,
    /// Where a group without a position begins.
    pub auto_offset_reset: OffsetReset,
    /// A topic for copies of dead letters.
    pub dead_letter_topic: Option<String>,
}

/// Consuming RabbitMQ (`surface.md §10`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RabbitMq {
    /// Consumes RabbitMQ.
    pub enabled: bool,
    /// The broker's host.
    pub host: Option<String>,
    /// The broker's port. 1 to 65535.
    pub port: u16,
    /// The broker's user.
    pub username: Option<String>,
    /// The broker's password.
    pub password: Option<SecretString>,
    /// The virtual host.
    pub virtual_host: Option<String>,
    /// The queue to consume.
    pub queue: Option<String>,
    /// Whether the queue survives the broker.
    pub durable: bool,
    /// Whether the queue goes with its last consumer.
    pub auto_delete: bool,
    /// Messages taken before the first is acknowledged. 1 to 65535 messages.
    pub prefetch: u32,
}
