//! Stores, ids and the cache of definitions.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use crate::secret::StoreUrl;

use super::choice::{SqliteSynchronous, TopicSync};

/// Stores and their pools (`storage.md §9, §11.8, §14`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The default store's URL, by the rules of `storage.md §14.6` when nobody sets one.
    pub url: StoreUrl,
    /// The data directory, absolute where the environment names the user's folder.
    pub data_dir: PathBuf,
    /// Which changes of topic tables are made when a topic is saved.
    pub sync: TopicSync,
    /// Whether SQLite waits for the disk at every commit.
    pub sqlite_synchronous: SqliteSynchronous,
    /// Connections kept for each store. 1 to 1000 connections.
    pub pool_size: u32,
    /// Connections above the pool's size in a burst. 0 to 1000 connections.
    pub pool_overflow: u32,
    /// Opens and closes a connection for each use, as function platforms may need.
    pub no_pool: bool,
    /// How long a connection of the pool is waited for. 1 to 3600 seconds.
    pub acquire_timeout_seconds: u64,
    /// How long a statement waits for a lock that somebody else holds. 1 to 3600 seconds.
    pub lock_timeout_seconds: u64,
    /// How long a statement may run on a database server. 1 to 86400 seconds.
    pub statement_timeout_seconds: u64,
    /// Folders outside the data directory in which SQLite data sources may lie.
    pub allow_paths: Vec<String>,
    /// Logs the SQL of data sources.
    pub echo: bool,
    /// Logs the SQL of the META store.
    pub meta_echo: bool,
    /// Digits before the point of decimals computed by SQL. 1 to 38 digits.
    pub decimal_integral_digits: u32,
    /// Digits after the point of decimals computed by SQL. 0 to 38 digits.
    pub decimal_fraction_digits: u32,
    /// Seals passwords of data sources that are saved in clear; off, or without a key, they have to be references.
    pub data_source_aes: bool,
    /// The key of passwords of data sources.
    pub data_source_aes_key: Option<SecretString>,
    /// The initial vector of passwords that the reference wrote.
    pub data_source_aes_iv: Option<SecretString>,
    /// Keeps the index tables of topics and pipelines.
    pub engine_index: bool,
    /// The package version noted with operations where the store names none.
    pub package_version: String,
    /// Puts a folder for each day before the keys of object storage.
    pub object_date_directory: bool,
    /// Takes credentials of object storage from the platform's role.
    pub object_platform_role: bool,
}

/// The parts of the default store's URL as the reference names them (`storage.md §19`); `Storage::url` is built from them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaStorage {
    /// mysql or postgresql: builds the default store's URL where storage.url is not set.
    pub r#type: Option<String>,
    /// Host of that store.
    pub host: String,
    /// Port of that store; without one 3306 for mysql, 5432 for postgresql. 1 to 65535.
    pub port: Option<u16>,
    /// Database of that store.
    pub name: String,
    /// User of that store.
    pub user_name: String,
    /// Password of that store.
    pub password: SecretString,
    /// Whether a mysql store is reached over TLS.
    pub ssl: bool,
    /// Certificate authority of a mysql store.
    pub ssl_ca: Option<PathBuf>,
    /// Client certificate for a mysql store.
    pub ssl_client_cert: Option<PathBuf>,
    /// Path of the client key for a mysql store.
    pub ssl_client_key: Option<PathBuf>,
}

/// Ids and worker leases (`storage.md §13`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snowflake {
    /// The data centre in every id. 0 to 3.
    pub data_center_id: u8,
    /// A fixed worker id; with one no lease is taken. 0 to 1023.
    pub worker_id: Option<u16>,
    /// Takes a worker id from the META store by a lease.
    pub competitive_workers: bool,
    /// Leases from table snowflake_workers; false only beside Watchmen processes that use the older table.
    pub competitive_workers_v2: bool,
    /// Time between two heart beats of a lease. 1 to 3600 seconds.
    pub heart_beat_seconds: u64,
    /// Retries after the first attempt to get a lease. 0 to 100 retries.
    pub creation_retry_times: u32,
    /// Asks a remote id service, when no lease is taken.
    pub remote: bool,
    /// The remote id service's URL.
    pub remote_url: Option<String>,
    /// Whether leases are the long ones of function platforms; without it the platform decides.
    pub serverless: Option<bool>,
}

/// Definitions changed by other processes (`storage.md §19`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Looks for definitions that other processes changed.
    pub heart_beat: bool,
    /// Time between two such looks. At least 1 seconds.
    pub heart_beat_seconds: u64,
}
