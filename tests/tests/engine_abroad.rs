//! A unit of work that reaches another data source (engine.md §3.11, rule 2), cut off at every statement: what is written
//! there is committed immediately before the home, so that only a crash between the two leaves it behind.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use nightowl_core::compile::ColumnKind;
use nightowl_core::engine::{Atomicity, Attempt, TriggerError, TriggerOutcome};
use nightowl_core::model::TriggerType;
use nightowl_core::port::StoreError;
use nightowl_core::value::Value;
use nightowl_storage::sql::{Abroad, Dialect, SpanningUnit, SqlSession, SqlUnitOfWork, SqlValue};
use nightowl_storage::{LentSession, Store, Wanted, lend};
use nightowl_tests::stage::{Stage, fail, insert, merge, read, simple, topic};
use nightowl_tests::witness::{SeenLog, Witness, prepared, rows};
use serde_json::{Value as Json, json};

const SOON: Duration = Duration::from_secs(10);
const MODES: [Atomicity; 3] = [Atomicity::Pipeline, Atomicity::Trigger, Atomicity::Action];

/// start → here (both at home), names (read), there and sums (written): the last three on another data source, where there
/// is one. A second pipeline writes both, and fails where it is asked to.
fn flows(mode: Atomicity, other: Option<&str>, fails: bool) -> Stage {
    let on_other = |mut topic: Json| {
        topic["dataSourceId"] = json!(other);
        topic
    };
    let plain = |name: &str| topic(name, "distinct", &[("k", "text", ""), ("n", "text", "")]);
    let topics = [
        plain("start"),
        plain("here"),
        on_other(plain("names")),
        on_other(plain("there")),
        on_other(topic("sums", "aggregate", &[("k", "text", ""), ("n", "number", "")])),
    ];
    let mut pipelines = vec![simple(
        "1",
        "start",
        &[
            read("read-row", "names", "name", &[("k", "{k}")]),
            insert("there", &[("k", "{k}"), ("n", "{name.n}")]),
            insert("here", &[("k", "{k}"), ("n", "{name.n}")]),
            merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")]),
            read("exists", "there", "seen", &[("k", "{k}")]),
            insert("here", &[("k", "seen"), ("n", "{seen}")]),
        ],
    )];
    if fails {
        pipelines.push(simple("2", "start", &[insert("there", &[("k", "undone")]), insert("here", &[("k", "undone")]), fail("names", "k")]));
    }
    let stage = Stage::new(mode, &topics, &pipelines);
    assert_eq!(stage.codes(), Vec::<&str>::new());
    stage
}

/// The statements of a process on both of its stores, in their order, and the one before which it dies.
#[derive(Debug, Clone, Default)]
struct Life {
    statements: Arc<Mutex<Vec<String>>>,
    dies_at: Option<usize>,
}

impl Life {
    fn pass(&self, store: &str, sql: &str) -> Result<(), StoreError> {
        let mut statements = self.statements.lock().unwrap();
        if self.dies_at.is_some_and(|at| statements.len() >= at) {
            return Err(StoreError::ConnectionFailed { reason: "the process is dead".to_owned() });
        }
        statements.push(format!("{store} {sql}"));
        Ok(())
    }
}

/// A session of a process that may die.
struct Mortal {
    store: &'static str,
    inner: LentSession,
    life: Life,
}

#[async_trait]
impl SqlSession for Mortal {
    fn dialect(&self) -> &'static dyn Dialect {
        self.inner.dialect()
    }

    async fn execute(&mut self, sql: &str, values: &[SqlValue]) -> Result<u64, StoreError> {
        self.life.pass(self.store, sql)?;
        self.inner.execute(sql, values).await
    }

    async fn query(&mut self, sql: &str, values: &[SqlValue], columns: &[ColumnKind]) -> Result<Vec<Vec<Value>>, StoreError> {
        self.life.pass(self.store, sql)?;
        self.inner.query(sql, values, columns).await
    }
}

/// Two stores with the tables of a stage, the other one with a name in it.
async fn stores(stage: &Stage, folder: &Path) -> [Store; 2] {
    let url = |name: &str| format!("sqlite://{}/{name}.db", folder.display());
    let stores = [prepared(&url("home"), &stage.catalog).await, prepared(&url("other"), &stage.catalog).await];
    let (engine, request) = (stage.engine.clone(), stage.request("names", TriggerType::Insert, &json!({"k": "x", "n": "a name"})));
    let named =
        stores[1].write(move |session| Box::pin(async move { engine.trigger(&mut SqlUnitOfWork::new(session), &request, Attempt::default()).await.is_ok() }));
    assert!(named.await.unwrap());
    stores
}

/// A process carries the trigger out.
async fn process(stage: &Stage, stores: &[Store; 2], life: &Life) -> Result<TriggerOutcome, TriggerError> {
    let wanted = ["home", "other"].into_iter().zip(stores).map(|(name, store)| Wanted { store: store.clone(), name: name.to_owned(), reading: false });
    let mut sessions = lend(&wanted.collect::<Vec<_>>(), SOON).await.unwrap().into_iter();
    let mut mortal = |store: &'static str| Mortal { store, inner: sessions.next().unwrap(), life: life.clone() };
    let (mut home, mut other) = (mortal("home"), mortal("other"));
    let other = Abroad::new(vec![Some("b".into())], SqlUnitOfWork::new(&mut other));
    let mut unit = SpanningUnit::new(SqlUnitOfWork::new(&mut home), vec![other]);
    stage.engine.trigger(&mut unit, &stage.keyed("start", &json!({"k": "x", "n": "3"}), "key"), Attempt::default()).await
}

/// The rows of a topic in a store.
async fn kept(stage: &Stage, store: &Store, name: &str) -> Vec<String> {
    let topic = stage.topic(name);
    store.write(move |session| Box::pin(async move { rows(&mut SqlUnitOfWork::new(session), &topic, &["k", "n"]).await })).await.unwrap()
}

async fn logs(store: &Store) -> Vec<SeenLog> {
    store.write(|session| Box::pin(async move { SqlUnitOfWork::new(session).logs().await })).await.unwrap()
}

#[tokio::test]
async fn the_other_data_source_is_read_as_it_was_committed_and_committed_just_before_the_home() {
    for mode in MODES {
        let folder = tempfile::tempdir().unwrap();
        let stage = flows(mode, Some("b"), false);
        let stores = stores(&stage, folder.path()).await;
        let life = Life::default();
        assert!(matches!(process(&stage, &stores, &life).await.unwrap(), TriggerOutcome::Ran(report) if report.result.failed_pipeline_ids.is_empty()));
        let statements = life.statements.lock().unwrap().clone();
        let at = |text: &str| statements.iter().position(|statement| statement.starts_with(text)).unwrap();
        assert!(at("other SELECT") < at("other BEGIN"), "{mode:?}: {statements:#?}");
        let commits: Vec<usize> = (0..statements.len()).filter(|at| statements[*at] == "other COMMIT").collect();
        assert_eq!(commits.len(), if mode == Atomicity::Action { 2 } else { 1 }, "{mode:?}: {statements:#?}");
        assert!(commits.iter().all(|at| statements[at + 1] == "home COMMIT"), "{mode:?}: {statements:#?}");
        assert_eq!(kept(&stage, &stores[0], "here").await, ["x a name", "seen true"]);
        assert_eq!(kept(&stage, &stores[1], "there").await, ["x a name"]);
        assert_eq!(kept(&stage, &stores[1], "sums").await, ["x 3.000000"]);
        assert_eq!(kept(&stage, &stores[1], "here").await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_failing_run_is_undone_on_both_as_its_mode_says() {
    for (mode, here, there) in [
        (Atomicity::Pipeline, &["x a name", "seen true"][..], &["x a name"][..]),
        (Atomicity::Trigger, &[], &[]),
        (Atomicity::Action, &["x a name", "seen true", "undone "], &["x a name", "undone "]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let stage = flows(mode, Some("b"), true);
        let stores = stores(&stage, folder.path()).await;
        assert!(matches!(process(&stage, &stores, &Life::default()).await.unwrap(), TriggerOutcome::Ran(report) if report.result.failed_pipeline_ids == ["2"]));
        assert_eq!((kept(&stage, &stores[0], "here").await, kept(&stage, &stores[1], "there").await), (texts(here), texts(there)), "{mode:?}");
    }
}

#[tokio::test]
async fn a_crash_at_any_statement_leaves_both_or_none_except_between_the_two_commits() {
    for (mode, fails) in [(Atomicity::Pipeline, true), (Atomicity::Trigger, false)] {
        let mut left_behind = 0;
        let mut at = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let stage = flows(mode, Some("b"), fails);
            let stores = stores(&stage, folder.path()).await;
            let life = Life { dies_at: Some(at), ..Life::default() };
            let survived = process(&stage, &stores, &life).await.is_ok();
            let last = life.statements.lock().unwrap().last().cloned().unwrap_or_default();
            let between = !survived && last == "other COMMIT";
            left_behind += usize::from(between);
            let expected = if survived { (2, 1) } else { (0, usize::from(between)) };
            assert_eq!(
                (kept(&stage, &stores[0], "here").await.len(), kept(&stage, &stores[1], "there").await.len()),
                expected,
                "{mode:?} at {at}, after {last}"
            );
            // The source delivers it again, and it ends once where it is at home.
            process(&stage, &stores, &Life::default()).await.unwrap();
            let again = (kept(&stage, &stores[0], "here").await.len(), kept(&stage, &stores[1], "there").await.len());
            assert_eq!(again, (2, 1 + usize::from(between)), "{mode:?} at {at}, after {last}");
            if survived {
                break;
            }
            at += 1;
        }
        assert!(at > 10 && left_behind == 1, "{mode:?}: {left_behind} of {at}");
    }
}

#[tokio::test]
async fn the_logs_are_those_of_one_data_source() {
    for mode in MODES {
        let mut told = Vec::new();
        for other in [None, Some("b")] {
            let folder = tempfile::tempdir().unwrap();
            let stage = flows(mode, other, true);
            let stores = stores(&stage, folder.path()).await;
            let stores = if other.is_none() { [stores[1].clone(), stores[0].clone()] } else { stores };
            process(&stage, &stores, &Life::default()).await.unwrap();
            let logs = logs(&stores[0]).await;
            told.push(logs.into_iter().map(|log| (log.pipeline, log.status, log.rolled_back, without_ids(&log.body))).collect::<Vec<_>>());
        }
        assert_eq!(told[0].len(), 2);
        assert_eq!(told[0], told[1], "{mode:?}");
    }
}

/// Ids have ten digits.
fn without_ids(body: &str) -> String {
    let mut out = String::new();
    for run in body.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let digits = run.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        out.push_str(&if digits.len() == 10 { run.replace(digits, "#") } else { run.to_owned() });
    }
    out
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
