//! Stores, ids and the cache of definitions (`storage.md §9, §11.8, §13.3, §14, §19`).

use super::{Setting, at_least, whole};
use crate::{
    alias::{Alias, Reading},
    kind::Kind,
};

pub(super) const STORAGE: &[Setting] = &[
    Setting::optional("storage.url", Kind::StoreUrl, "The default store's URL; without one a SQLite file in the data directory.").short("NIGHTOWL_STORAGE"),
    Setting::optional("storage.data_dir", Kind::Path, "The data directory; without one the platform's user data folder.").short("NIGHTOWL_DATA"),
    Setting::new("storage.sync", Kind::Choice(&["off", "safe", "force"]), "safe", "Which changes of topic tables are made when a topic is saved.").aliases(&[
        Alias::switch("SYNC_TOPIC_TO_STORAGE", Reading::Either("safe", "off")),
        Alias::switch("REPLACE_TOPIC_TO_STORAGE", Reading::WhenTrue("force")),
    ]),
    Setting::new("storage.sqlite_synchronous", Kind::Choice(&["full", "normal"]), "full", "Whether SQLite waits for the disk at every commit."),
    Setting::new("storage.pool_size", whole(1, 1000, "connections"), "5", "Connections kept for each store.").aliases(&[Alias::same("SQL_ALCHEMY_POOL_SIZE")]),
    Setting::new("storage.pool_overflow", whole(0, 1000, "connections"), "10", "Connections above the pool's size in a burst.")
        .aliases(&[Alias::same("SQL_ALCHEMY_POOL_MAX_OVERFLOW")]),
    Setting::new("storage.no_pool", Kind::Bool, "false", "Opens and closes a connection for each use, as function platforms may need.")
        .aliases(&[Alias::same("SQL_ALCHEMY_USE_NULL_POOL")]),
    Setting::new("storage.acquire_timeout_seconds", whole(1, 3600, "seconds"), "30", "How long a connection of the pool is waited for."),
    Setting::new("storage.lock_timeout_seconds", whole(1, 3600, "seconds"), "10", "How long a statement waits for a lock that somebody else holds."),
    Setting::new("storage.statement_timeout_seconds", whole(1, 86400, "seconds"), "60", "How long a statement may run on a database server."),
    Setting::new("storage.allow_paths", Kind::Texts, "[]", "Folders outside the data directory in which SQLite data sources may lie."),
    Setting::new("storage.echo", Kind::Bool, "false", "Logs the SQL of data sources.").aliases(&[Alias::same("STORAGE_ECHO")]),
    Setting::new("storage.meta_echo", Kind::Bool, "false", "Logs the SQL of the META store.").aliases(&[Alias::same("META_STORAGE_ECHO")]),
    Setting::new("storage.decimal_integral_digits", whole(1, 38, "digits"), "24", "Digits before the point of decimals computed by SQL.")
        .aliases(&[Alias::same("DECIMAL_INTEGRAL_DIGITS")]),
    Setting::new("storage.decimal_fraction_digits", whole(0, 38, "digits"), "8", "Digits after the point of decimals computed by SQL.")
        .aliases(&[Alias::same("DECIMAL_FRACTION_DIGITS")]),
    Setting::new(
        "storage.data_source_aes",
        Kind::Bool,
        "true",
        "Seals passwords of data sources that are saved in clear; off, or without a key, they have to be references.",
    )
    .aliases(&[Alias::same("DATASOURCE_AES_ENABLED")]),
    Setting::optional("storage.data_source_aes_key", Kind::Key { bytes: 32 }, "The key of passwords of data sources.")
        .aliases(&[Alias::same("DATASOURCE_AES_KEY")])
        .secret(),
    Setting::optional("storage.data_source_aes_iv", Kind::Key { bytes: 16 }, "The initial vector of passwords that the reference wrote.")
        .aliases(&[Alias::same("DATASOURCE_AES_IV")])
        .secret(),
    Setting::new("storage.engine_index", Kind::Bool, "true", "Keeps the index tables of topics and pipelines.").aliases(&[Alias::same("ENGINE_INDEX")]),
    Setting::new("storage.package_version", Kind::Text, "50.0.0", "The package version noted with operations where the store names none.")
        .aliases(&[Alias::same("PACKAGE_VERSION_DEFAULT_VALUE")]),
    Setting::new("storage.object_date_directory", Kind::Bool, "false", "Puts a folder for each day before the keys of object storage.")
        .aliases(&[Alias::same("OBJECT_STORAGE_NEED_DATE_DIRECTORY")]),
    Setting::new("storage.object_platform_role", Kind::Bool, "false", "Takes credentials of object storage from the platform's role.")
        .aliases(&[Alias::same("S3_BUCKET_AUTH_IAM_ENABLE")]),
];

pub(super) const META_STORAGE: &[Setting] = &[
    Setting::optional("meta_storage.type", Kind::Text, "mysql or postgresql: builds the default store's URL where storage.url is not set.")
        .aliases(&[Alias::same("META_STORAGE_TYPE")]),
    Setting::new("meta_storage.host", Kind::Text, "localhost", "Host of that store.").aliases(&[Alias::same("META_STORAGE_HOST")]),
    Setting::optional("meta_storage.port", whole(1, 65535, "port"), "Port of that store; without one 3306 for mysql, 5432 for postgresql.")
        .aliases(&[Alias::same("META_STORAGE_PORT")]),
    Setting::new("meta_storage.name", Kind::Text, "watchmen", "Database of that store.").aliases(&[Alias::same("META_STORAGE_NAME")]),
    Setting::new("meta_storage.user_name", Kind::Text, "watchmen", "User of that store.").aliases(&[Alias::same("META_STORAGE_USER_NAME")]),
    Setting::new("meta_storage.password", Kind::Text, "watchmen", "Password of that store.").aliases(&[Alias::same("META_STORAGE_PASSWORD")]).secret(),
    Setting::new("meta_storage.ssl", Kind::Bool, "false", "Whether a mysql store is reached over TLS.").aliases(&[Alias::same("META_STORAGE_SSL")]),
    Setting::optional("meta_storage.ssl_ca", Kind::Path, "Certificate authority of a mysql store.").aliases(&[Alias::same("META_STORAGE_SSL_CA")]),
    Setting::optional("meta_storage.ssl_client_cert", Kind::Path, "Client certificate for a mysql store.")
        .aliases(&[Alias::same("META_STORAGE_SSL_CLIENT_CERT")]),
    Setting::optional("meta_storage.ssl_client_key", Kind::Path, "Path of the client key for a mysql store.")
        .aliases(&[Alias::same("META_STORAGE_SSL_CLIENT_KEY")]),
];

pub(super) const SNOWFLAKE: &[Setting] = &[
    Setting::new("snowflake.data_center_id", whole(0, 3, "data centre"), "0", "The data centre in every id.")
        .aliases(&[Alias::same("SNOWFLAKE_DATA_CENTER_ID")]),
    Setting::optional("snowflake.worker_id", whole(0, 1023, "worker"), "A fixed worker id; with one no lease is taken.")
        .aliases(&[Alias::same("SNOWFLAKE_WORKER_ID")]),
    Setting::new("snowflake.competitive_workers", Kind::Bool, "true", "Takes a worker id from the META store by a lease.")
        .aliases(&[Alias::same("SNOWFLAKE_COMPETITIVE_WORKERS")]),
    Setting::new(
        "snowflake.competitive_workers_v2",
        Kind::Bool,
        "true",
        "Leases from table snowflake_workers; false only beside Watchmen processes that use the older table.",
    )
    .aliases(&[Alias::same("SNOWFLAKE_COMPETITIVE_WORKERS_V2")]),
    Setting::new("snowflake.heart_beat_seconds", whole(1, 3600, "seconds"), "60", "Time between two heart beats of a lease.")
        .aliases(&[Alias::same("SNOWFLAKE_COMPETITIVE_WORKER_HEART_BEAT_INTERVAL")]),
    Setting::new("snowflake.creation_retry_times", whole(0, 100, "retries"), "3", "Retries after the first attempt to get a lease.")
        .aliases(&[Alias::same("SNOWFLAKE_COMPETITIVE_WORKER_CREATION_RETRY_TIMES")]),
    Setting::new("snowflake.remote", Kind::Bool, "false", "Asks a remote id service, when no lease is taken.")
        .aliases(&[Alias::same("SNOWFLAKE_REMOTE_ENABLE")]),
    Setting::optional("snowflake.remote_url", Kind::Text, "The remote id service's URL.").aliases(&[Alias::same("SNOWFLAKE_REMOTE_URL")]),
    Setting::optional("snowflake.serverless", Kind::Bool, "Whether leases are the long ones of function platforms; without it the platform decides.")
        .aliases(&[Alias::same("IN_SERVERLESS_PLATFORM")]),
];

pub(super) const CACHE: &[Setting] = &[
    Setting::new("cache.heart_beat", Kind::Bool, "true", "Looks for definitions that other processes changed.")
        .aliases(&[Alias::same("KERNEL_CACHE_HEART_BEAT")]),
    Setting::new("cache.heart_beat_seconds", at_least(1, "seconds"), "60", "Time between two such looks.")
        .aliases(&[Alias::same("KERNEL_CACHE_HEART_BEAT_INTERVAL")]),
];
