//! The node that is measured: a fresh one in a folder of its own, with the workload's definitions and a token.

use std::path::PathBuf;
use std::sync::Arc;

use nightowl_auth::{Credentials, Expiry, IssueRequest, PatId, Scopes, Token, UserStore as _, issue};
use nightowl_config::{Loaded, Settings, Sources};
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::FIRST_ADMIN_NAME;
use nightowl_storage::meta::apply::ApplyOptions;
use tempfile::TempDir;

use super::{BenchError, Workload};
use crate::door::Fire;
use crate::node::{Node, NodeError, NodeOptions};
use crate::scenario::ServerPlaces;

/// A fresh node; its folder goes when it is dropped.
pub(super) struct Subject {
    /// The door.
    pub fire: Fire,
    /// The token of every trigger.
    pub credentials: Credentials,
    /// The URL of its store.
    pub url: String,
    /// How it is set up.
    pub settings: Settings,
    folder: TempDir,
    /// What was made on a server.
    places: Option<ServerPlaces>,
}

/// What is measured: where its store lives, and its settings.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// A server's URL; a SQLite file of its own where there is none.
    pub server: Option<String>,
    /// Further settings, as `--set` takes them.
    pub settings: Vec<(String, String)>,
}

impl Subject {
    /// Opens one.
    pub(super) async fn open(workload: &Workload, setup: &Setup) -> Result<Self, BenchError> {
        let folder = TempDir::with_prefix("nightowl-bench-")?;
        let prefix = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut places = setup.server.as_deref().map(|server| ServerPlaces::new(server, &prefix));
        let url = match &mut places {
            Some(places) => places.make("store").await?,
            None => format!("sqlite://{}", store_file(&folder).display()),
        };
        let mut sources = Sources::default()
            .option("storage.url", &url)
            .option("storage.data_dir", &folder.path().display().to_string())
            .option("storage.sqlite_synchronous", "full")
            .option("snowflake.worker_id", "0")
            .option("snowflake.competitive_workers", "false")
            .option("engine.time_zone", "UTC")
            .option("engine.atomicity", "pipeline")
            .option("auth.allow_default_secrets", "true");
        for (key, value) in &setup.settings {
            sources = sources.option(key, value);
        }
        let loaded = Loaded::load(&sources)?;
        let node = Arc::new(Node::open(loaded.settings(), &NodeOptions::default()).await?);
        node.apply(workload.definitions(), ApplyOptions::default(), "1").await?;
        let credentials = Credentials::pat(token(&node).await?);
        Ok(Self { fire: Fire::new(node), credentials, url, settings: loaded.settings().clone(), folder, places })
    }

    /// The node.
    pub(super) fn node(&self) -> &Arc<Node> {
        self.fire.node()
    }

    /// Ends it, and takes away what was made for it.
    pub(super) async fn close(mut self) -> Result<(), BenchError> {
        self.node().close().await?;
        match self.places.take() {
            Some(mut places) => Ok(places.remove().await?),
            None => Ok(()),
        }
    }

    /// Ends it, and leaves what was made on a server to others.
    pub(super) async fn close_and_leave(mut self) -> Result<Option<ServerPlaces>, BenchError> {
        self.node().close().await?;
        Ok(self.places.take())
    }

    /// The file of its store.
    pub(super) fn file(&self) -> PathBuf {
        store_file(&self.folder)
    }

    /// Where further files of the measurement may stand.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }
}

fn store_file(folder: &TempDir) -> PathBuf {
    folder.path().join("bench.db")
}

/// A token of tenant 1's admin.
async fn token(node: &Node) -> Result<Token, NodeError> {
    let owner = node.accounts.find_user_by_name(FIRST_ADMIN_NAME).await.map_err(nightowl_auth::AuthError::from)?;
    let owner = owner.ok_or_else(|| NodeError::TenantUnknown { tenant_id: "1".to_owned() })?;
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id()?.to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::parse(["trigger:*"])?,
        expires: Expiry::Never,
        note: None,
    };
    Ok(issue(request, &*node.accounts, node.clock.now_utc(), node.zone).await?.token)
}
