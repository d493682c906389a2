//! Nightowl inside another program: opened once, then a call per event.

use std::path::PathBuf;
use std::sync::Arc;

use nightowl_auth::Credentials;
use nightowl_config::{ConfigError, Loaded, Sources};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::model::Severity;
use nightowl_core::value::read_json;
use nightowl_storage::meta::apply::ApplyOptions;

use crate::definition;
use crate::door::event::{EventDoor, EventReport, TimeBudget};
use crate::door::{Delivery, DoorError, Envelope, Fire, TriggerAnswer};
use crate::node::{Applied, Node, NodeError, NodeOptions};

/// Why Nightowl could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The store can not be opened.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// An open Nightowl. Handles are cheap to clone and work side by side.
#[derive(Debug, Clone)]
pub struct Nightowl {
    fire: Fire,
    events: EventDoor,
}

impl Nightowl {
    /// Opens what the settings say: [`Sources::of_process`] for `nightowl.toml` and the environment, or settings of the
    /// program's own.
    pub async fn open(sources: &Sources) -> Result<Self, OpenError> {
        let loaded = Loaded::load(sources)?;
        let node = Node::open(loaded.settings(), &NodeOptions::default()).await?;
        node.hand_over.wake();
        let fire = Fire::new(Arc::new(node));
        let events = EventDoor::of(fire.clone(), loaded.settings())?;
        Ok(Self { fire, events })
    }

    /// Applies definition files and folders. With a mistake in them nothing is applied.
    pub async fn apply(&self, paths: &[PathBuf]) -> Result<Applied, NodeError> {
        let files = definition::load(paths);
        if let Some(problem) = files.problems.iter().find(|problem| problem.severity == Severity::Error) {
            return Err(NodeError::Definitions { first: problem.to_string(), count: files.problems.error_count() });
        }
        self.fire.node().apply(files.definitions, ApplyOptions::default(), "1").await
    }

    /// Carries out one trigger, given as the JSON document `{code, data, pat, …}` (surface.md §6.1), and waits until its
    /// cascade has ended. `credentials` count where the document brings no token.
    pub async fn trigger(&self, document: &str, credentials: Option<&Credentials>) -> Result<TriggerAnswer, DoorError> {
        let envelope = Envelope::read(&read_json(document, JSON_DEPTH)?)?;
        self.fire.fire(Delivery::new(envelope, "direct"), credentials).await
    }

    /// Takes the bytes of an event of a platform (surface.md §15), carries out every delivery in it and says what became
    /// of each. What can never work is a dead letter; what was not done in time is told, for the platform to send again.
    pub async fn event(&self, bytes: &[u8], budget: &TimeBudget) -> EventReport {
        Box::pin(self.events.handle(bytes, budget)).await
    }

    /// The door for events.
    pub const fn events(&self) -> &EventDoor {
        &self.events
    }

    /// The node, for everything else.
    pub const fn node(&self) -> &Arc<Node> {
        self.fire.node()
    }

    /// Ends what waits and gives everything back.
    pub async fn close(self) -> Result<(), NodeError> {
        Box::pin(self.fire.node().close()).await
    }
}
