//! One instance of a function: its settings from the start on, its store from the first event on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use axum::response::IntoResponse as _;
use chrono::Utc;
use nightowl_config::{Loaded, LogFormat, Settings, Sources};
use nightowl_core::error::Coded as _;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::{Answered, Failure, Invocation, Platform, RuntimeError};
use crate::door::event::{Counts, EventDoor};
use crate::door::{DoorError, Fire};
use crate::node::{Node, NodeError, NodeOptions};
use crate::object_storage::AccessKeys;

/// Connections of a store where the settings say nothing: an instance has one event at a time, and there are many instances.
const CONNECTIONS: (u32, u32) = (1, 1);

/// The longest that an answer waits for what its invocation handed over; of the time that an event has left, half.
const HAND_OVER: Duration = Duration::from_secs(5);

/// A store that is open, with its doors.
#[derive(Debug, Clone)]
struct Opened {
    node: Arc<Node>,
    events: EventDoor,
}

/// An instance of a function on a platform. It answers the platform at once and opens its store when the first event needs
/// it, so that no platform waits for a database to take the instance as started; where opening fails, the event has failed
/// and the next one tries again.
#[derive(Debug)]
pub struct Instance {
    platform: Platform,
    settings: Arc<Settings>,
    opened: Mutex<Arc<OnceCell<Opened>>>,
}

impl Instance {
    /// An instance with the settings of these sources. What they do not say is as a function needs it: logs as JSON, leases
    /// that outlast a freeze, few connections.
    ///
    /// # Errors
    /// Settings that are wrong.
    pub fn load(platform: Platform, sources: &Sources) -> Result<Self, RuntimeError> {
        let loaded = Loaded::load(sources)?;
        let mut settings = loaded.settings().clone();
        if loaded.is_default("log.format") {
            settings.log.format = LogFormat::Json;
        }
        if loaded.is_default("storage.pool_size") && loaded.is_default("storage.pool_overflow") {
            (settings.storage.pool_size, settings.storage.pool_overflow) = CONNECTIONS;
        }
        settings.snowflake.serverless.get_or_insert(true);
        Ok(Self { platform, settings: Arc::new(settings), opened: Mutex::default() })
    }

    /// The platform.
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Opens the store, so that the first event does not have to.
    ///
    /// # Errors
    /// A store that is away or is none.
    pub async fn prepare(&self) -> Result<(), Failure> {
        self.open().await.map(drop).map_err(|error| Failure::of(&error))
    }

    /// Carries out the event of an invocation.
    ///
    /// # Errors
    /// What was not done, so that the platform repeats it.
    pub async fn event(&self, invocation: &Invocation, bytes: &[u8]) -> Result<Answered, Failure> {
        let times = invocation.times(&self.settings, Utc::now().naive_utc());
        #[cfg(feature = "alibaba")]
        let _loan = invocation.credentials.clone().map(|credentials| crate::cloud::Loan::of(credentials.into()));
        let carried_out = async {
            let opened = self.open().await.map_err(DoorError::from)?;
            let events = opened.events.of_function(invocation.function.clone(), self.platform == Platform::FunctionCompute);
            let events = events.with_temporary_credentials(invocation.credentials.clone().map(AccessKeys::from));
            let report = Box::pin(events.handle(bytes, &times.budget)).await;
            opened.node.hand_over.settled_within(times.budget.left().unwrap_or(HAND_OVER).div_f32(2.0).min(HAND_OVER)).await;
            Ok(report)
        };
        let (request_id, function) = (invocation.request_id.as_str(), invocation.function.as_deref());
        let span = tracing::info_span!("invocation", request_id, function);
        match tokio::time::timeout(times.answer_within, carried_out.instrument(span)).await {
            Ok(Ok(report)) => {
                let Counts { succeeded, failed, bad, ignored, skipped } = report.counts;
                tracing::info!(request_id, succeeded, failed, bad, ignored, skipped, "an event was carried out");
                Answered::of(report)
            }
            Ok(Err(error)) => self.refused(bytes, &error).map_or_else(|| Err(Failure::of(&error)), Ok),
            Err(_) => {
                let error = DoorError::TooSlow { seconds: times.answer_within.as_secs() };
                self.refused(bytes, &error).map_or_else(|| Err(Failure::out_of_time()), Ok)
            }
        }
    }

    /// Answers a request that the platform passed on as it came, through the router of `nightowl serve`. `prefix` is what
    /// the platform puts before our paths where the settings do not say it.
    pub async fn request(&self, request: Request<Body>, prefix: Option<&str>) -> Response<Body> {
        let opened = match self.open().await {
            Ok(opened) => opened,
            Err(error) => return DoorError::from(error).into_response(),
        };
        let prefix = self.settings.http.base_path.as_deref().or(prefix);
        let request = crate::http::without_base_path(request, prefix);
        let response = match opened.events.router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        opened.node.hand_over.settled_within(HAND_OVER).await;
        response
    }

    /// A heart beat of the worker id, where one is due: an instance that is about to be frozen has none for a while.
    pub async fn beat(&self) {
        let opened = self.cell().get().cloned();
        if let Some(Opened { node, .. }) = opened {
            keep_worker(&node).await;
        }
    }

    /// Gives the worker id and the store back within a time. What still runs then ends with the process, and its store
    /// undoes it. The next event opens the store again.
    pub async fn release(&self, within: Duration) {
        let cell = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(Opened { node, .. }) = cell.get().cloned() else { return };
        // what is under way may take longer than there is time: then at least nobody waits for the worker id
        match tokio::time::timeout(within / 2, node.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, code = error.code(), "the store could not be closed well"),
            Err(_) => match tokio::time::timeout(within / 2, node.give_up_worker()).await {
                Ok(Ok(())) => tracing::warn!("work under way was left; it is undone, and sent again by its platform"),
                Ok(Err(error)) => tracing::warn!(%error, "the worker id could not be given back; it is free when its lease ends"),
                Err(_) => tracing::warn!("the worker id could not be given back in time; it is free when its lease ends"),
            },
        }
    }

    fn cell(&self) -> Arc<OnceCell<Opened>> {
        Arc::clone(&self.opened.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn open(&self) -> Result<Opened, NodeError> {
        let cell = self.cell();
        if let Some(opened) = cell.get() {
            // while it was frozen, an instance had no heart beat
            keep_worker(&opened.node).await;
            return Ok(opened.clone());
        }
        let settings = Arc::clone(&self.settings);
        // a task of its own: an invocation whose time ends meanwhile leaves no store behind that is half open
        let opening = tokio::spawn(async move { cell.get_or_try_init(|| put_together(&settings)).await.cloned() });
        opening.await.map_err(|_| NodeError::ShuttingDown)?
    }

    /// The answer to a request in an event that could not be carried out; none where the event is none.
    fn refused(&self, bytes: &[u8], error: &DoorError) -> Option<Answered> {
        crate::http::refusal_of_event(bytes, error).map(Answered::Http)
    }
}

async fn put_together(settings: &Settings) -> Result<Opened, NodeError> {
    let node = Arc::new(Node::open(settings, &NodeOptions { require_keys: true, ..NodeOptions::default() }).await?);
    match EventDoor::of(Fire::new(Arc::clone(&node)), settings) {
        Ok(events) => {
            if node.first_passwords.is_some() {
                tracing::warn!(
                    "a first start has made passwords that are not shown here; set auth.first_super_password and auth.first_admin_password before it"
                );
            }
            node.hand_over.wake();
            Ok(Opened { node, events })
        }
        Err(error) => {
            node.close().await?;
            Err(error)
        }
    }
}

/// A heart beat where one is due. Without it ids are drawn until the lease ends, so it may fail.
async fn keep_worker(node: &Node) {
    if let Err(error) = node.keep_worker().await {
        tracing::warn!(%error, code = error.code(), "the heart beat of the worker id failed");
    }
}
