//! How definitions are applied.

use std::collections::HashMap;

use crate::meta::{FIRST_TENANT_ID, PasswordSeal};

/// How definitions are applied.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// The tenant of tuples that name none (`--tenant`).
    pub default_tenant: String,
    /// What other data sources stand for those that the files name (`--data-source OLD=NEW`, `OLD=default`).
    pub data_sources: HashMap<String, DataSourceTarget>,
    /// What a data source that nobody knows means.
    pub unknown_data_source: UnknownDataSource,
    /// Whether topics, pipelines and external writers that the files no longer hold are deleted (`--prune`).
    pub prune: bool,
    /// Whether everything is undone in the end (`--dry-run`).
    pub dry_run: bool,
    /// Seals clear passwords of data sources; without one they are refused (storage.md D17).
    pub seal: Option<PasswordSeal>,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            default_tenant: FIRST_TENANT_ID.to_owned(),
            data_sources: HashMap::new(),
            unknown_data_source: UnknownDataSource::Refuse,
            prune: false,
            dry_run: false,
            seal: None,
        }
    }
}

/// Where the rows of a topic go instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSourceTarget {
    /// The default store: no data source.
    DefaultStore,
    /// The data source with this id.
    DataSource(String),
}

/// What a data source that nobody knows means (storage.md §14.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownDataSource {
    /// An error: `apply`.
    Refuse,
    /// The default store, with a warning: `run`.
    DefaultStore,
}
