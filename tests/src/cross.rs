//! A node whose topics lie on two data sources, with a cascade that goes from one to the other and back.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightowl::door::{Delivery, DoorError, Envelope, Fire, Position, TriggerAnswer};
use nightowl::node::{Node, NodeOptions};
use nightowl_auth::{Credentials, Expiry, IssueRequest, PatId, Scopes, Token, UserStore as _, issue};
use nightowl_config::{Loaded, Sources};
use nightowl_core::compile::ColumnKind;
use nightowl_core::model::{Definitions, Problems};
use nightowl_core::value::{read_json, text_form};
use nightowl_storage::meta::apply::ApplyOptions;
use nightowl_storage::{Store, StoreOptions};
use serde_json::{Value as Json, json};

use crate::servers::Server;
use crate::stage::{constant, fail, insert, simple, topic};

/// How long a test waits for what should happen soon: longer than a killed process keeps its lease (30 s).
pub const SOON: Duration = Duration::from_secs(90);
/// The id of the second data source.
pub const SECOND: &str = "200";

/// Two data sources: the default store and another one.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What they are.
    pub name: &'static str,
    /// The URL of the default store.
    pub default_url: String,
    /// The URL of the second one.
    pub second_url: String,
}

impl Pair {
    /// Two SQLite files in a folder.
    pub fn of_files(folder: &Path) -> Self {
        let url = |name: &str| format!("sqlite://{}/{name}.db", folder.display());
        Self { name: "two files", default_url: url("default"), second_url: url("second") }
    }

    /// Two files, a file with PostgreSQL, PostgreSQL with MariaDB, as far as the servers can be had.
    pub async fn all(folder: &Path) -> Vec<Self> {
        let mut pairs = vec![Self::of_files(folder)];
        if let Some(second_url) = Server::Postgres.fresh().await {
            let default_url = format!("sqlite://{}/with_postgres.db", folder.display());
            pairs.push(Self { name: "a file and PostgreSQL", default_url, second_url });
        }
        if let (Some(default_url), Some(second_url)) = (Server::Postgres.fresh().await, Server::Mariadb.fresh().await) {
            pairs.push(Self { name: "PostgreSQL and MariaDB", default_url, second_url });
        }
        pairs
    }

    /// The tuple of the second data source, for a tenant.
    pub fn second(&self, id: &str, tenant_id: &str) -> Json {
        let kind = match self.second_url.split_once(':').unwrap().0 {
            "postgres" => "postgresql",
            other => other,
        };
        json!({"dataSourceId": id, "dataSourceCode": format!("second{id}"), "dataSourceType": kind, "url": self.second_url, "tenantId": tenant_id})
    }

    /// Opens a node in a mode.
    pub async fn open(&self, folder: &Path, mode: &str) -> Arc<Node> {
        self.open_with(folder, mode, &[]).await
    }

    /// Opens a node in a mode, with some settings.
    pub async fn open_with(&self, folder: &Path, mode: &str, settings: &[(&str, &str)]) -> Arc<Node> {
        let sources = Sources::default()
            .option("storage.url", &self.default_url)
            .option("storage.data_dir", &folder.display().to_string())
            .option("storage.sqlite_synchronous", "normal")
            .option("engine.time_zone", "UTC")
            .option("engine.atomicity", mode);
        let sources = settings.iter().fold(sources, |sources, (key, value)| sources.option(key, value));
        let loaded = Loaded::load(&sources).unwrap();
        Arc::new(Node::open(loaded.settings(), &NodeOptions::default()).await.unwrap())
    }

    /// A connection of the test's own to the default store and to the second one.
    pub fn stores(&self) -> [Store; 2] {
        [&self.default_url, &self.second_url].map(|url| Store::open(url, &StoreOptions::default()).unwrap())
    }
}

/// start (default) → over (second) → back (default) → end (second); a row `bad` makes a pipeline of `over` fail.
pub fn ping_pong(pair: &Pair) -> Vec<Json> {
    let on_second = |mut topic: Json| {
        topic["dataSourceId"] = json!(SECOND);
        topic
    };
    let plain = |name: &str| topic(name, "distinct", &[("k", "text", "")]);
    let copied = |id: &str, from: &str, to: &str| simple(id, from, &[insert(to, &[("k", "{k}")])]);
    let mut fails = simple("4", "over", &[insert("end", &[("k", "undone")]), fail("end", "k")]);
    fails["conditional"] = json!(true);
    fails["on"] = json!({"jointType": "and", "filters": [{"left": constant("{k}"), "operator": "equals", "right": constant("bad")}]});
    vec![
        pair.second(SECOND, "1"),
        plain("start"),
        on_second(plain("over")),
        plain("back"),
        on_second(plain("end")),
        copied("1", "start", "over"),
        copied("2", "over", "back"),
        copied("3", "back", "end"),
        fails,
    ]
}

/// Makes a node's definitions equal to these.
pub async fn apply(node: &Node, tuples: &[Json]) {
    let mut problems = Problems::default();
    let definitions = Definitions::read(&Json::Array(tuples.to_vec()), "test", &mut problems);
    assert_eq!(problems.iter().count(), 0, "{problems:?}");
    node.apply(definitions, ApplyOptions::default(), "1").await.unwrap();
}

/// A token of a user.
pub async fn token(node: &Node, user: &str) -> Credentials {
    let owner = node.accounts.find_user_by_name(user).await.unwrap().unwrap();
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id().unwrap().to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::all(),
        expires: Expiry::Never,
        note: None,
    };
    let now = nightowl_core::port::Clock::now_utc(&node.clock);
    let issued = issue(request, &*node.accounts, now, node.zone).await.unwrap();
    Credentials::pat(Token::new(issued.token.expose()))
}

/// A trigger with a key.
pub fn delivery(document: &Json, key: Option<&str>) -> Delivery {
    let value = read_json(&document.to_string(), 100).unwrap();
    let position = key.map(|key| Position::Key { key: key.to_owned(), body_hash: None });
    Delivery { position, ..Delivery::new(Envelope::read(&value).unwrap(), "http") }
}

/// Fires a row at `start` and waits for the end.
pub async fn fire(node: &Arc<Node>, credentials: &Credentials, k: &str, key: Option<&str>) -> Result<TriggerAnswer, DoorError> {
    Fire::new(Arc::clone(node)).fire(delivery(&json!({"code": "start", "data": {"k": k}}), key), Some(credentials)).await
}

/// The cells of a query as one text.
pub async fn text(store: &Store, sql: &str) -> String {
    let sql = sql.to_owned();
    let rows = store.read(move |session| Box::pin(async move { session.query(&sql, &[], &[ColumnKind::Text { length: u32::MAX }]).await })).await;
    rows.unwrap().unwrap().iter().map(|row| text_form(&row[0]).into_owned()).collect::<Vec<_>>().join(",")
}

/// How many rows a table has.
pub async fn count(store: &Store, table: &str) -> usize {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    let rows = store.read(move |session| Box::pin(async move { session.query(&sql, &[], &[ColumnKind::Integer { bits: 64 }]).await })).await;
    text_form(&rows.unwrap().unwrap()[0][0]).parse().unwrap()
}

/// Runs a statement.
pub async fn execute(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    store.write(move |session| Box::pin(async move { session.execute(&sql, &[]).await })).await.unwrap().unwrap();
}

/// Waits until a table has so many rows.
pub async fn wait_for(store: &Store, table: &str, rows: usize) {
    let began = Instant::now();
    loop {
        let found = count(store, table).await;
        if found == rows {
            return;
        }
        assert!(began.elapsed() < SOON, "{table} still has {found} rows, not {rows}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Where the child finds its stores, its folder and its mode.
const STORES: [&str; 4] = ["NIGHTOWL_TEST_CHILD_DEFAULT", "NIGHTOWL_TEST_CHILD_SECOND", "NIGHTOWL_TEST_CHILD_FOLDER", "NIGHTOWL_TEST_CHILD_MODE"];

/// What a test named `child_that_is_killed` does in the process of [`child`]: it fires one trigger. Elsewhere it does nothing.
pub async fn fire_as_child() {
    let [Ok(default_url), Ok(second_url), Ok(folder), Ok(mode)] = STORES.map(std::env::var) else { return };
    let pair = Pair { name: "the child's", default_url, second_url };
    let node = pair.open(Path::new(&folder), &mode).await;
    let token = token(&node, "imma-admin").await;
    fire(&node, &token, "x", Some("key")).await.unwrap();
}

/// The test binary once more, to be killed while it fires.
pub fn child(pair: &Pair, folder: &Path, mode: &str) -> Child {
    let values = [&pair.default_url, &pair.second_url, &folder.display().to_string(), mode];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child_that_is_killed"]).envs(STORES.into_iter().zip(values)).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
