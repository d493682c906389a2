//! Opening and closing a node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono_tz::Tz;
use nightowl_auth::{Authenticator, Clock as AuthClock, Failures, PatProvider, PatSettings, Provider, Rates, hash_password};
use nightowl_config as settings;
use nightowl_config::Settings;
use nightowl_core::engine::Engine;
use nightowl_core::error::Coded as _;
use nightowl_core::port::IdSource as _;
use nightowl_storage::meta::{AuthStore, FIRST_TENANT_ID, FirstStart, PasswordSeal, is_empty, is_started, start, tenant_ids};
use nightowl_storage::snowflake::SnowflakeIds;
use nightowl_storage::sql::structure::SyncMode;
use nightowl_storage::sqlite::{SqliteOptions, Synchronous};
use nightowl_storage::{ServerOptions, Store, StoreOptions};
use secrecy::{ExposeSecret, SecretString};

use super::applied::{self, AppliedKeeper};
use super::archive::Archives;
use super::crossing::{self, Place};
use super::data_source_url::{Addresses, password_seal};
use super::external::{HandOver, Parts, Signal};
use super::lane::{GroupLimits, Lanes};
use super::stores::{OpenStore, prepare};
use super::worker::Worker;
use super::{Backlog, Catalogs, Crossings, NodeError, Pending, Stores, SystemClock, engine_settings, time_zone};
use crate::object_storage::ObjectStorage;
use crate::writer::Writers;

/// Who makes what nobody in particular has made: the super admin.
const SYSTEM_USER: &str = "1";

/// How many times a start waits for others that start: each time as long as for any lock.
const START_WAITS: u32 = 6;

/// What the settings do not say.
#[derive(Debug, Clone, Default)]
pub struct NodeOptions {
    /// How long to wait for a lock that another process holds; 10 s where nothing is said.
    pub busy_timeout: Option<Duration>,
    /// Whether a node is not opened while a topic encrypts without a key ([`Node::require_keys`]). The definitions of all
    /// tenants are then loaded while the worker id is taken.
    pub require_keys: bool,
}

/// The passwords that the first start generated, to be told once.
#[derive(Debug, Clone)]
pub struct FirstPasswords {
    /// Of `imma-super`, where it was not given.
    pub super_admin: Option<SecretString>,
    /// Of `imma-admin`, where it was not given.
    pub admin: Option<SecretString>,
}

/// Everything that a door needs.
#[derive(Debug)]
pub struct Node {
    /// All stores.
    pub stores: Arc<Stores>,
    /// The definitions.
    pub catalogs: Arc<Catalogs>,
    /// Users, tenants and tokens.
    pub accounts: Arc<AuthStore>,
    /// Who fires triggers.
    pub authenticator: Authenticator,
    /// Tokens, to be issued and revoked.
    pub pats: Arc<PatProvider>,
    /// Triggers per second.
    pub rates: Rates,
    /// The engine.
    pub engine: Arc<Engine>,
    /// The clock.
    pub clock: SystemClock,
    /// The configured zone.
    pub zone: Tz,
    /// What changes of tables are made when definitions are saved.
    pub sync: SyncMode,
    /// What seals passwords of data sources that are saved; without it they have to be references (storage.md D17).
    pub(super) seal: Option<PasswordSeal>,
    /// Whether new tenants are given the monitor topics (`admin.create_monitor_topics`).
    pub creates_monitor_topics: bool,
    /// Objects in stores of any kind.
    pub objects: ObjectStorage,
    /// The worker for calls of external writers and logs of the monitor topic.
    pub hand_over: HandOver,
    /// Cascades on their way between data sources.
    pub crossings: Crossings,
    draining: AtomicBool,
    _applied: AppliedKeeper,
    /// Passwords that this start made.
    pub first_passwords: Option<FirstPasswords>,
    worker: Worker,
}

impl Node {
    /// Opens the default store, makes what an empty one needs, takes a worker id.
    pub async fn open(settings: &Settings, options: &NodeOptions) -> Result<Self, NodeError> {
        // Everything that a node is made of stands in this future, so it is put on the heap once.
        Box::pin(Self::put_together(settings, options)).await
    }

    async fn put_together(settings: &Settings, options: &NodeOptions) -> Result<Self, NodeError> {
        let zone = time_zone(settings)?;
        let clock = SystemClock::new(zone);
        let store_options = store_options(settings, options);
        let store = Store::open(settings.storage.url.expose(), &store_options)?;
        // What can not be had by a connection for writing is told when it is needed.
        let (first_passwords, _) = tokio::join!(first_start(settings, &store, &clock), store.write(|_| Box::pin(async {})));
        let first_passwords = first_passwords?;
        let mut engine_settings = engine_settings(settings)?;
        let catalogs = Arc::new(Catalogs::new(store.clone(), settings, engine_settings.dates.clone())?);
        let worker = worker_and_keys(settings, options, &store, &catalogs, zone).await?;
        engine_settings.lease.worker = format!("nightowl-{}", worker.ids().next_id()?).into();
        let objects = ObjectStorage::of(settings);
        let engine = Arc::new(Engine {
            settings: engine_settings,
            clock: Arc::new(clock.clone()),
            ids: Arc::<SnowflakeIds>::clone(worker.ids()),
            writer: Arc::new(Writers::of(settings, &objects)),
        });
        let signal = Signal::default();
        let backlog = Arc::<Backlog>::default();
        let limits =
            GroupLimits { triggers: settings.engine.group_max, bytes: settings.engine.group_bytes, connections: store_options.server.connections as usize };
        let crossings = Crossings::default();
        let exit = crossings.exit_of(Place { store: store.clone(), data_source_id: None });
        let lane = Lanes::start(Arc::clone(&engine), &store, limits, Arc::clone(&backlog), signal.clone(), &exit);
        let pending = Pending::start(engine.settings.lease.clone(), store.clone(), backlog, exit.clone());
        let stores = Arc::new(Stores::new(
            OpenStore { store: store.clone(), data_source_id: None, exit, lane, pending, url: Arc::new(settings.storage.url.expose().into()) },
            store_options,
            Addresses::of(settings)?,
            crossings.clone(),
        ));
        crossings.begin(crossing::Parts {
            stores: Arc::downgrade(&stores),
            catalogs: Arc::clone(&catalogs),
            engine: Arc::clone(&engine),
            signal: signal.clone(),
        });
        let archives = Archives::of(settings, objects.clone())?;
        let parts = Parts::new(settings, archives, Arc::clone(&stores), Arc::clone(&catalogs), Arc::clone(&engine));
        let hand_over = HandOver::start(parts, signal, !settings.engine.async_monitor_log);
        let applied = AppliedKeeper::start(Arc::clone(&stores), Arc::clone(&catalogs));
        let accounts = Arc::new(AuthStore::new(store.clone()));
        let auth_clock: Arc<dyn AuthClock> = Arc::new(clock.clone());
        let pat_settings = PatSettings {
            zone,
            legacy_pats: settings.auth.legacy_pats,
            rehash_legacy: settings.auth.rehash_legacy,
            cache_seconds: settings.auth.cache_seconds,
        };
        let pats = Arc::new(PatProvider::new(Arc::<AuthStore>::clone(&accounts), Arc::<AuthStore>::clone(&accounts), Arc::clone(&auth_clock), pat_settings));
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::<PatProvider>::clone(&pats)];
        let failures = Failures::new(settings.limits.failed_authentications as usize);
        let is_first_start = first_passwords.is_some();
        let node = Self {
            stores,
            catalogs,
            accounts,
            authenticator: Authenticator::new(providers, failures, Arc::clone(&auth_clock)),
            pats,
            rates: Rates::new(settings.auth.rate_per_pat, settings.auth.rate_per_tenant, auth_clock),
            engine,
            clock,
            zone,
            sync: match settings.storage.sync {
                settings::TopicSync::Safe => SyncMode::Safe,
                settings::TopicSync::Off => SyncMode::Off,
                settings::TopicSync::Force => SyncMode::Force,
            },
            seal: password_seal(settings)?.filter(|_| settings.storage.data_source_aes),
            creates_monitor_topics: settings.admin.create_monitor_topics,
            objects,
            hand_over,
            crossings,
            draining: AtomicBool::new(false),
            _applied: applied,
            first_passwords,
            worker,
        };
        if is_first_start && node.creates_monitor_topics {
            node.create_monitor_topics(FIRST_TENANT_ID, SYSTEM_USER).await?;
        }
        Ok(node)
    }

    /// A new id, for a tuple.
    pub fn new_id(&self) -> Result<i64, NodeError> {
        Ok(self.worker.ids().next_id()?)
    }

    /// A heart beat of the worker id where one is due: after a time in which the process did not run.
    pub async fn keep_worker(&self) -> Result<(), NodeError> {
        self.worker.keep().await
    }

    /// Gives the worker id back at once. What still runs can draw no id and is undone.
    pub async fn give_up_worker(&self) -> Result<(), NodeError> {
        self.worker.release().await
    }

    /// Opens the stores of every tenant's data sources, so that what a crash left in them is picked up without waiting for
    /// their first trigger. One that can not be opened is told of and hinders no other.
    pub async fn open_sources(&self) -> Result<(), NodeError> {
        let tenants = self.stores.default_store().store.read(|session| Box::pin(async move { tenant_ids(session).await })).await??;
        for tenant_id in tenants {
            let tenant = self.catalogs.of(&tenant_id).await?;
            for source in tenant.data_sources.values().filter(|source| !source.data_source_type.is_object_store()) {
                if let Err(error) = self.stores.of(Some(source)).await {
                    tracing::warn!(tenant_id, %error, "a data source can not be opened; its topics take no triggers");
                }
            }
        }
        Ok(())
    }

    /// Refuses what arrives while the node ends: it would not be run to its end here.
    pub fn takes_triggers(&self) -> Result<(), NodeError> {
        if self.draining.load(Ordering::Acquire) { Err(NodeError::ShuttingDown) } else { Ok(()) }
    }

    /// Takes away the notes of work that was applied for other data sources more than so many days ago. A node does that by
    /// itself from time to time. Gives how many there were.
    pub async fn forget_applied(&self, days: u32) -> Result<u64, NodeError> {
        applied::forget(&self.stores, &self.catalogs, days).await
    }

    /// Takes no more triggers, carries out what waits, gives the worker id back, which that needed, and closes the stores.
    pub async fn close(&self) -> Result<(), NodeError> {
        self.draining.store(true, Ordering::Release);
        let stores = self.stores.open();
        for open in &stores {
            open.lane.drain().await;
        }
        for open in &stores {
            open.pending.close().await;
        }
        self.crossings.close().await;
        // The last to end: what they carried out was handed over, and logs go through the lanes. It may have opened stores.
        self.hand_over.close().await;
        let stores = self.stores.open();
        for open in &stores {
            open.lane.close().await;
            open.pending.close().await;
        }
        self.worker.release().await?;
        for open in &stores {
            open.store.close().await?;
        }
        Ok(())
    }
}

pub(super) fn store_options(settings: &Settings, options: &NodeOptions) -> StoreOptions {
    let mut sqlite = SqliteOptions {
        synchronous: match settings.storage.sqlite_synchronous {
            settings::SqliteSynchronous::Full => Synchronous::Full,
            settings::SqliteSynchronous::Normal => Synchronous::Normal,
        },
        busy_timeout: Duration::from_secs(settings.storage.lock_timeout_seconds),
        ..SqliteOptions::default()
    };
    if let Some(timeout) = options.busy_timeout {
        sqlite.busy_timeout = timeout;
    }
    let server = ServerOptions {
        connections: settings.storage.pool_size + settings.storage.pool_overflow,
        read_connections: settings.storage.pool_size,
        keep: !settings.storage.no_pool,
        acquire_timeout: Duration::from_secs(settings.storage.acquire_timeout_seconds),
        lock_timeout: Duration::from_secs(settings.storage.lock_timeout_seconds),
        statement_timeout: Duration::from_secs(settings.storage.statement_timeout_seconds),
        ..ServerOptions::default()
    };
    StoreOptions { sqlite, server }
}

/// A worker id, with the tables that it needs; what only reads goes on meanwhile on its own connection.
async fn worker_and_keys(settings: &Settings, options: &NodeOptions, store: &Store, catalogs: &Catalogs, zone: Tz) -> Result<Worker, NodeError> {
    let worker = async {
        prepare(store).await?;
        Worker::take(settings, store, zone).await
    };
    let keys = async { if options.require_keys { catalogs.require_keys().await } else { Ok(()) } };
    match tokio::join!(worker, keys) {
        (Ok(worker), Ok(())) => Ok(worker),
        (Ok(worker), Err(error)) => {
            worker.release().await?;
            Err(error)
        }
        (Err(error), _) => Err(error),
    }
}

/// Makes META, tenant 1 and its users on an empty store (storage.md §20). Passwords that are not given are generated.
async fn first_start(settings: &Settings, store: &Store, clock: &SystemClock) -> Result<Option<FirstPasswords>, NodeError> {
    if store.read(|session| Box::pin(async move { is_started(session).await })).await?? {
        return Ok(None);
    }
    let empty = store.read(|session| Box::pin(async move { is_empty(session).await })).await??;
    let (mut super_admin, mut admin) = (None, None);
    let mut first = FirstStart { super_admin_password_hash: String::new(), admin_password_hash: String::new(), at: nightowl_core::port::Clock::now(clock) };
    if empty {
        first.super_admin_password_hash = first_password(settings.auth.first_super_password.as_ref(), &mut super_admin).await?;
        first.admin_password_hash = first_password(settings.auth.first_admin_password.as_ref(), &mut admin).await?;
    }
    let mut waits = 0;
    let started = loop {
        let first = first.clone();
        let started = store.write(move |session| Box::pin(async move { start(session, &first).await })).await?;
        match started {
            // Others that start hold the database.
            Err(error) if waits < START_WAITS && error.code() == "storage-lock-not-available" => waits += 1,
            started => break started?,
        }
    };
    Ok(started.first.then_some(FirstPasswords { super_admin, admin }))
}

/// The hash of a first password. Hashing takes tens of milliseconds, so it has a thread of its own.
async fn first_password(given: Option<&SecretString>, generated: &mut Option<SecretString>) -> Result<String, NodeError> {
    let password = match given {
        Some(password) => password.clone(),
        None => {
            let made = nightowl_auth::generate_password()?;
            *generated = Some(made.clone());
            made
        }
    };
    let hashed = tokio::task::spawn_blocking(move || hash_password(&password)).await;
    let hashed = hashed.map_err(|_| NodeError::ShuttingDown)??;
    Ok(hashed.expose_secret().to_owned())
}
