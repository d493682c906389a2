//! The default store and those of the data sources.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use nightowl_core::model::DataSource;
use nightowl_core::port::StoreError;
use nightowl_storage::{Store, StoreOptions, sql};
use secrecy::{ExposeSecret as _, SecretString};

use super::crossing::{Crossings, Exit, Place};
use super::data_source_url::Addresses;
use super::{Backlog, Lanes, NodeError, Pending};

/// A store with the lane of its triggers and the worker of what they left to be done.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The store.
    pub store: Store,
    /// The data source that it is; `None` is the default store.
    pub data_source_id: Option<Arc<str>>,
    /// The way out for cascades that go on on another data source.
    pub exit: Exit,
    /// The queues of its triggers.
    pub lane: Lanes,
    /// The worker of its pending cascades.
    pub pending: Pending,
    /// Where it is; it may hold a password.
    pub(super) url: Arc<SecretString>,
}

impl OpenStore {
    /// The store with its data source.
    pub(super) fn place(&self) -> Place {
        Place { store: self.store.clone(), data_source_id: self.data_source_id.clone() }
    }

    /// Whether both are one database, so that what is written by one connection keeps those of the other waiting.
    pub(super) fn is_one_with(&self, other: &Self) -> bool {
        self.url.expose_secret() == other.url.expose_secret() || self.store.is_file_of(&other.store)
    }
}

/// All stores of a node, opened when they are first used.
#[derive(Debug)]
pub struct Stores {
    default: OpenStore,
    sources: Mutex<BTreeMap<String, OpenStore>>,
    options: StoreOptions,
    addresses: Addresses,
    crossings: Crossings,
}

impl Stores {
    /// The stores of a node whose default store is open.
    pub(super) fn new(default: OpenStore, options: StoreOptions, addresses: Addresses, crossings: Crossings) -> Self {
        Self { default, sources: Mutex::default(), options, addresses, crossings }
    }

    /// The store of `NIGHTOWL_STORAGE`.
    pub const fn default_store(&self) -> &OpenStore {
        &self.default
    }

    /// The store of a data source; `None` is the default store.
    pub async fn of(&self, source: Option<&DataSource>) -> Result<OpenStore, NodeError> {
        let Some(source) = source else { return Ok(self.default.clone()) };
        let known = self.sources.lock().map(|sources| sources.get(&source.data_source_id).cloned()).unwrap_or_default();
        if let Some(open) = known {
            return Ok(open);
        }
        let url = self.url_of(source)?;
        let store = Store::open(&url, &self.options)?;
        prepare(&store).await?;
        // Whoever was first is used by all: two lanes on one store would not keep triggers in their order.
        let mut sources = self.sources.lock().map_err(|_| NodeError::ShuttingDown)?;
        if let Some(open) = sources.get(&source.data_source_id) {
            return Ok(open.clone());
        }
        let backlog = Arc::<Backlog>::default();
        let data_source_id = Some(Arc::from(source.data_source_id.as_str()));
        let exit = self.crossings.exit_of(Place { store: store.clone(), data_source_id: data_source_id.clone() });
        let lane = self.default.lane.of_another_store(&store, Arc::clone(&backlog), &exit);
        let pending = self.default.pending.of_another_store(store.clone(), backlog, exit.clone());
        let open = OpenStore { store, data_source_id, exit, lane, pending, url: Arc::new(url.into()) };
        sources.insert(source.data_source_id.clone(), open.clone());
        Ok(open)
    }

    /// The store of a data source, only to be looked at: nothing is made in it.
    pub(super) fn look_at(&self, source: Option<&DataSource>) -> Result<Store, NodeError> {
        let Some(source) = source else { return Ok(self.default.store.clone()) };
        let known = self.sources.lock().map(|sources| sources.get(&source.data_source_id).map(|open| open.store.clone())).unwrap_or_default();
        match known {
            Some(store) => Ok(store),
            None => Ok(look_at(&self.url_of(source)?, &self.options)?),
        }
    }

    /// All stores that are open.
    pub fn open(&self) -> Vec<OpenStore> {
        let mut open = vec![self.default.clone()];
        open.extend(self.sources.lock().map(|sources| sources.values().cloned().collect::<Vec<_>>()).unwrap_or_default());
        open
    }

    fn url_of(&self, source: &DataSource) -> Result<String, NodeError> {
        self.addresses.url_of(source).map_err(|reason| NodeError::DataSource { data_source_id: source.data_source_id.clone(), reason })
    }
}

/// The store of a URL, only to be looked at: where a SQLite file is missing, it is an empty store.
pub(super) fn look_at(url: &str, options: &StoreOptions) -> Result<Store, StoreError> {
    let is_missing = url.strip_prefix("sqlite://").is_some_and(|path| !Path::new(path).exists());
    Store::open(if is_missing { "sqlite::memory:" } else { url }, options)
}

/// Makes the tables of ours that every store has (storage.md §15.6).
pub(super) async fn prepare(store: &Store) -> Result<(), StoreError> {
    store.write(|session| Box::pin(async move { sql::tables::prepare(session).await })).await??;
    Ok(())
}
