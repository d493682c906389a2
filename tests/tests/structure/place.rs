//! A store of its own for each test, on each database that can be had, and the binary that works on it.

use std::collections::BTreeSet;

use nightowl_core::compile::ColumnKind;
use nightowl_core::value::{Value, text_form};
use nightowl_storage::{Store, StoreOptions};
use nightowl_tests::servers::Server;
use nightowl_tests::shell::{Outcome, Shell, secret_of};
use serde_json::Value as Json;

const TEXT: ColumnKind = ColumnKind::Text { length: u32::MAX };

/// A place for a test.
#[derive(Debug)]
pub(crate) struct Place {
    /// The folder and the environment.
    pub(crate) shell: Shell,
    /// The URL of its store.
    pub(crate) url: String,
    /// Its database server; none is SQLite.
    pub(crate) server: Option<Server>,
}

impl Place {
    /// An empty place on a server.
    pub(crate) async fn on(server: Server) -> Option<Self> {
        let url = server.fresh().await?;
        Some(Self { shell: Shell::new(), url, server: Some(server) })
    }

    /// Empty places: SQLite and every server that can be had.
    pub(crate) async fn all() -> Vec<Self> {
        let shell = Shell::new();
        let url = format!("sqlite://{}", shell.path("data/nightowl.db").display());
        let mut places = vec![Self { shell, url, server: None }];
        for server in Server::ALL {
            places.extend(Self::on(server).await);
        }
        places
    }

    /// Runs the binary on the store.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.shell.run_with(arguments, &[("NIGHTOWL_STORAGE", self.url.as_str())], b"")
    }

    /// Applies definitions.
    pub(crate) fn apply(&self, definitions: &Json, more: &[&str]) -> Outcome {
        let file = self.shell.write("definitions.json", definitions.to_string());
        self.run(&[&["apply", file.as_str()], more].concat())
    }

    /// Fires triggers, each `{code, data}`, with a token of the admin; the counts are done, failed, rejected, skipped.
    pub(crate) fn fire(&self, triggers: &[Json]) -> [u64; 4] {
        let token = self.run(&["pat", "issue"]).expect(0).stdout.trim_end().to_owned();
        self.shell.keep_secret(secret_of(&token));
        let lines: Vec<String> = triggers.iter().map(Json::to_string).collect();
        let file = self.shell.write("triggers.ndjson", lines.join("\n"));
        self.run(&["trigger", &file, "--pat", &token, "--json", "--again"]).counts()
    }

    /// The rows of a topic.
    pub(crate) fn rows(&self, topic: &str) -> Vec<Json> {
        self.run(&["rows", topic]).expect(0).lines()
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, statements: &[&str]) {
        let store = Store::open(&self.url, &StoreOptions::default()).unwrap();
        let statements: Vec<String> = statements.iter().map(|text| (*text).to_owned()).collect();
        let job = store.write(move |session| {
            Box::pin(async move {
                for statement in statements {
                    let done = session.execute(&statement, &[]).await;
                    assert!(done.is_ok(), "{statement}: {done:?}");
                }
            })
        });
        job.await.unwrap();
        store.close().await.unwrap();
    }

    /// Runs a query of columns that are texts; each row is one text.
    pub(crate) async fn query(&self, sql: &str, columns: usize) -> Vec<String> {
        let store = Store::open(&self.url, &StoreOptions::default()).unwrap();
        let sql = sql.to_owned();
        let rows: Vec<Vec<Value>> =
            store.read(move |session| Box::pin(async move { session.query(&sql, &[], &vec![TEXT; columns]).await.unwrap() })).await.unwrap();
        store.close().await.unwrap();
        rows.iter().map(|row| row.iter().map(|value| text_form(value).into_owned()).collect::<Vec<_>>().join(" ")).collect()
    }

    /// Every column and every index that there is.
    pub(crate) async fn structure(&self) -> BTreeSet<String> {
        let (columns, indexes) = match self.server {
            None => (
                "SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'",
                "SELECT tbl_name || ' ' || coalesce(sql, name) FROM sqlite_schema WHERE type = 'index'",
            ),
            Some(Server::Postgres) => (
                "SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
                 WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 AND NOT a.attisdropped",
                "SELECT tablename || ' ' || indexdef FROM pg_indexes WHERE schemaname = current_schema()",
            ),
            Some(Server::Mariadb | Server::Mysql) => (
                "SELECT CONCAT(table_name, '.', column_name, ' ', column_type) FROM information_schema.columns WHERE table_schema = DATABASE()",
                "SELECT CONCAT(table_name, ' index ', index_name, ' ', non_unique, ' ', column_name) FROM information_schema.statistics WHERE table_schema = DATABASE()",
            ),
        };
        let mut all: BTreeSet<String> = self.query(columns, 1).await.into_iter().collect();
        all.extend(self.query(indexes, 1).await);
        all
    }
}
