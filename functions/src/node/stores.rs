//! The default store and those of the data sources.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use nightowl_core::model::DataSource;
use nightowl_core::port::StoreError;
use nightowl_storage::{Store, StoreOptions, sql};

use super::data_source_url::Folders;
use super::{Backlog, Lanes, NodeError, Pending};

/// A store with the lane of its triggers and the worker of what they left to be done.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The store.
    pub store: Store,
    /// The queues of its triggers.
    pub lane: Lanes,
    /// The worker of its pending cascades.
    pub pending: Pending,
}

/// All stores of a node, opened when they are first used.
#[derive(Debug)]
pub struct Stores {
    default: OpenStore,
    sources: Mutex<BTreeMap<String, OpenStore>>,
    options: StoreOptions,
    folders: Folders,
}

impl Stores {
    /// The stores of a node whose default store is open.
    pub fn new(default: OpenStore, options: StoreOptions, data_dir: PathBuf, allow_paths: Vec<PathBuf>) -> Self {
        Self { default, sources: Mutex::default(), options, folders: Folders { data_dir, allowed: allow_paths } }
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
        let store = Store::open(&self.url_of(source)?, &self.options)?;
        prepare(&store).await?;
        // Whoever was first is used by all: two lanes on one store would not keep triggers in their order.
        let mut sources = self.sources.lock().map_err(|_| NodeError::ShuttingDown)?;
        if let Some(open) = sources.get(&source.data_source_id) {
            return Ok(open.clone());
        }
        let backlog = Arc::<Backlog>::default();
        let lane = self.default.lane.of_another_store(&store, Arc::clone(&backlog));
        let open = OpenStore { lane, pending: self.default.pending.of_another_store(store.clone(), backlog), store };
        sources.insert(source.data_source_id.clone(), open.clone());
        Ok(open)
    }

    /// All stores that are open.
    pub fn open(&self) -> Vec<OpenStore> {
        let mut open = vec![self.default.clone()];
        open.extend(self.sources.lock().map(|sources| sources.values().cloned().collect::<Vec<_>>()).unwrap_or_default());
        open
    }

    fn url_of(&self, source: &DataSource) -> Result<String, NodeError> {
        self.folders.url_of(source).map_err(|reason| NodeError::DataSource { data_source_id: source.data_source_id.clone(), reason })
    }
}

/// Makes the tables of ours that every store has (storage.md §15.6).
pub(super) async fn prepare(store: &Store) -> Result<(), StoreError> {
    store.write(|session| Box::pin(async move { sql::tables::prepare(session).await })).await??;
    Ok(())
}
