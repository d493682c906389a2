//! A group of triggers in one transaction ends as its triggers one after the other, whatever fails among them.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use async_trait::async_trait;
use nightowl_core::engine::{Atomicity, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_core::error::Coded;
use nightowl_core::model::TriggerType;
use nightowl_core::port::OrderedPosition;
use nightowl_storage::Store;
use nightowl_storage::memory::MemoryStore;
use nightowl_storage::sql::{GroupUnitOfWork, Scout, SqlSession, SqlUnitOfWork, TrafficCounts};
use nightowl_tests::servers::Server;
use nightowl_tests::stage::{Stage, constant, copy, delete, insert, looping, merge, pipeline, read, simple, stage, topic, unit};
use nightowl_tests::witness::{emptied, everything, prepared};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

/// Flows with every way to fail: a bad value, a unique violation, a row that is not there, too many rows, a loop over a
/// scalar, a pipeline that does not compile.
fn flows(mode: Atomicity) -> Stage {
    let topics = [
        topic("start", "distinct", &[("k", "text", ""), ("n", "text", ""), ("u", "text", "u-1")]),
        topic("raw", "raw", &[("k", "text", "i-1"), ("list", "array", "")]),
        topic("lines", "distinct", &[("k", "text", "i-1"), ("n", "number", "")]),
        topic("sums", "aggregate", &[("k", "text", "u-1"), ("n", "number", ""), ("c", "number", "")]),
        topic("once", "distinct", &[("k", "text", "u-1")]),
        topic("rare", "distinct", &[("k", "text", "")]),
    ];
    let when = |mut pipeline: Json, left: &str, right: &str| {
        pipeline["conditional"] = json!(true);
        pipeline["on"] = json!({"jointType": "and", "filters": [{"left": constant(left), "operator": "equals", "right": constant(right)}]});
        pipeline
    };
    let pipelines = [
        simple("1", "start", &[insert("lines", &[("k", "{k}"), ("n", "{n}")])]),
        simple(
            "2",
            "start",
            &[merge("insert-or-merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}"), ("c", "count:{n}")], &[("k", "{k}")]), insert("once", &[("k", "{k}{n}")])],
        ),
        when(simple("3", "start", &[insert("lines", &[("k", "lost"), ("n", "1")]), read("read-row", "lines", "row", &[("k", "{k}")])]), "{k}", "a"),
        pipeline("4", "raw", &[stage("s", &[unit(&[copy("v", "{list}")]), looping("v", &[insert("lines", &[("k", "{k}"), ("n", "{v}")])])])]),
        simple("5", "lines", &[merge("merge-row", "sums", &[("k", "{k}"), ("n", "sum:{n}")], &[("k", "{k}")])]),
        when(simple("6", "start", &[delete("delete-rows", "lines", &[("k", "b")])]), "{k}", "c"),
        simple("7", "rare", &[insert("nowhere", &[("k", "1")])]),
        when(simple("9", "start", &[read("read-rows", "once", "seen", &[("k", "{k}1")]), read("exists", "start", "there", &[("k", "b")])]), "{n}", "2"),
        when(simple("8", "once", &[insert("rare", &[("k", "{k}")])]), "{k}", "c1"),
    ];
    Stage::new(mode, &topics, &pipelines)
}

/// Which row a merge or a delete names. Ids of an abandoned pass are not drawn again, so a row is named by how it came.
#[derive(Debug, Clone, Copy)]
enum Row {
    /// A trigger that needs none.
    None,
    /// One of those that were there before.
    Seed(usize),
    /// The one that a trigger of an earlier group inserted, if it did.
    InsertedBy(usize),
    /// One that is nowhere.
    Nowhere,
}

/// One trigger: topic, type, row, data, source position.
type Fired = (&'static str, TriggerType, Row, Json, Option<u8>);

/// How many rows are there before.
const SEEDS: usize = 4;

fn fired() -> impl Strategy<Value = Fired> {
    let key = || prop::option::weighted(0.5, 0..7_u8);
    let letters = || prop::sample::select(vec!["a", "b", "c"]);
    let numbers = || prop::sample::select(vec!["1", "2", "x"]);
    let unique = || prop::option::weighted(0.3, prop::sample::select(vec!["u", "v"]));
    let insert = |code: &'static str, data: Json, key: Option<u8>| (code, TriggerType::Insert, Row::None, data, key);
    let start = (letters(), numbers(), unique(), key()).prop_map(move |(k, n, u, key)| insert("start", json!({"k": k, "n": n, "u": u}), key));
    let list = prop_oneof![Just(json!([1, 2])), Just(json!([1, "x"])), Just(json!([])), Just(json!("scalar")), Just(Json::Null)];
    let raw = (letters(), list, key()).prop_map(move |(k, list, key)| insert("raw", json!({"k": k, "list": list}), key));
    let row = prop_oneof![6 => (0..SEEDS).prop_map(Row::Seed), 4 => (0..13_usize).prop_map(Row::InsertedBy), 1 => Just(Row::Nowhere)];
    let change = (row, letters(), numbers(), unique(), prop::bool::ANY, key()).prop_map(|(row, k, n, u, gone, key)| {
        let trigger_type = if gone { TriggerType::Delete } else { TriggerType::Merge };
        ("start", trigger_type, row, json!({"k": k, "n": n, "u": u}), key)
    });
    let unknown = Just(insert("elsewhere", json!({}), None));
    let directly = (letters(), numbers()).prop_map(move |(k, n)| insert("lines", json!({"k": k, "n": n}), None));
    prop_oneof![6 => start, 3 => raw, 4 => change, 1 => unknown, 2 => directly]
}

/// Rows by how they came.
#[derive(Debug, Default)]
struct Known {
    seeds: Vec<i64>,
    inserted: Vec<Option<i64>>,
}

impl Known {
    fn id(&self, row: Row) -> Option<i64> {
        match row {
            Row::None => None,
            Row::Seed(place) => self.seeds.get(place).copied(),
            Row::InsertedBy(place) => Some(self.inserted.get(place).copied().flatten().unwrap_or(NOWHERE)),
            Row::Nowhere => Some(NOWHERE),
        }
    }
}

/// From here on keys are offsets of an ordered source.
const ORDERED: u8 = 3;
/// The id of no row.
const NOWHERE: i64 = 5;

fn request(stage: &Stage, (code, trigger_type, row, data, key): &Fired, known: &Known) -> TriggerRequest {
    let mut data = data.clone();
    if let Some(id) = known.id(*row) {
        data["id_"] = json!(id.to_string());
    }
    // Some sources keep a key for each of their triggers, some only how far they were read.
    let position_key = key.filter(|key| *key < ORDERED).map(|key| key.to_string().into());
    let ordered = key.filter(|key| *key >= ORDERED).map(|key| OrderedPosition { topic: "file".into(), offset: i64::from(key) });
    TriggerRequest { position_key, ordered, body_hash: None, ..stage.request(code, *trigger_type, &data) }
}

/// The row that an insert trigger left.
fn inserted(request: &TriggerRequest, outcome: &Result<TriggerOutcome, TriggerError>) -> Option<i64> {
    match outcome {
        Ok(TriggerOutcome::Ran(report)) if request.trigger_type == TriggerType::Insert && &*request.code == "start" => report.result.data_id,
        _ => None,
    }
}

/// What became of a trigger, without ids.
fn shown(outcome: &Result<TriggerOutcome, TriggerError>) -> String {
    match outcome {
        Ok(TriggerOutcome::Ran(report)) => format!("ran {} {:?}", report.runs, report.result.failed_pipeline_ids),
        Ok(TriggerOutcome::Replayed(earlier)) => format!("replayed {:?} {:?}", earlier.status, earlier.failed_pipeline_ids),
        Ok(TriggerOutcome::Passed) => "passed".to_owned(),
        Ok(other) => unreachable!("{other:?}"),
        Err(error) => error.code().to_owned(),
    }
}

/// How the triggers of a group are carried out.
#[derive(Debug, Clone, Copy)]
enum Pass {
    /// One by one: the judge.
    Serial,
    /// In one transaction, and one by one where that fails.
    Grouped,
}

/// Where triggers are carried out.
#[async_trait]
trait Place: Send {
    /// What they left behind.
    async fn everything(&mut self, stage: &Stage) -> String;

    /// One of them.
    async fn serial(&mut self, stage: &Stage, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError>;

    /// Several in one transaction; none where that failed.
    async fn grouped(&mut self, stage: &Stage, requests: &[TriggerRequest]) -> Option<Vec<Result<TriggerOutcome, TriggerError>>>;
}

#[async_trait]
impl Place for MemoryStore {
    async fn everything(&mut self, stage: &Stage) -> String {
        everything(self, &stage.catalog).await
    }

    async fn serial(&mut self, stage: &Stage, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        stage.trigger(self, request).await
    }

    async fn grouped(&mut self, stage: &Stage, requests: &[TriggerRequest]) -> Option<Vec<Result<TriggerOutcome, TriggerError>>> {
        Some(stage.engine.triggers(self, requests).await.unwrap())
    }
}

/// A session of a database, and how often a group of its was repeated.
struct OnSession<'a> {
    session: &'a mut dyn SqlSession,
    repeated: usize,
}

#[async_trait]
impl Place for OnSession<'_> {
    async fn everything(&mut self, stage: &Stage) -> String {
        everything(&mut SqlUnitOfWork::new(self.session), &stage.catalog).await
    }

    async fn serial(&mut self, stage: &Stage, request: &TriggerRequest) -> Result<TriggerOutcome, TriggerError> {
        stage.trigger(&mut SqlUnitOfWork::new(self.session), request).await
    }

    async fn grouped(&mut self, stage: &Stage, requests: &[TriggerRequest]) -> Option<Vec<Result<TriggerOutcome, TriggerError>>> {
        let mut unit = GroupUnitOfWork::new(self.session);
        if unit.reads_ahead() {
            let mut scout = Scout::new();
            drop(stage.engine.triggers(&mut scout, requests).await);
            unit.read_ahead(scout).await.unwrap();
        }
        let done = stage.engine.triggers(&mut unit, requests).await;
        self.repeated += usize::from(done.is_err());
        done.ok()
    }
}

/// Outcomes and contents after triggers in groups of a size.
async fn after(stage: &Stage, place: &mut dyn Place, fired: &[Fired], group: usize, pass: Pass) -> (Vec<String>, String) {
    let mut known = Known::default();
    for k in ["b", "d", "e", "f"] {
        let seed = stage.request("start", TriggerType::Insert, &json!({"k": k, "n": "2", "u": format!("seed {k}")}));
        known.seeds.extend(inserted(&seed, &place.serial(stage, &seed).await));
    }
    assert_eq!(known.seeds.len(), SEEDS);
    let mut outcomes = Vec::new();
    for group in fired.chunks(group) {
        let requests: Vec<TriggerRequest> = group.iter().map(|fired| request(stage, fired, &known)).collect();
        let together = match pass {
            Pass::Grouped => place.grouped(stage, &requests).await,
            Pass::Serial => None,
        };
        let done = match together {
            Some(done) => done,
            None => {
                let mut done = Vec::new();
                for request in &requests {
                    done.push(place.serial(stage, request).await);
                }
                done
            }
        };
        known.inserted.extend(requests.iter().zip(&done).map(|(request, outcome)| inserted(request, outcome)));
        outcomes.extend(done.iter().map(shown));
    }
    (outcomes, place.everything(stage).await)
}

/// The same on a store that is emptied before.
async fn after_on(store: &Store, stage: Stage, fired: &[Fired], group: usize, pass: Pass) -> (Vec<String>, String) {
    let fired = fired.to_vec();
    let done = store.write(move |session| {
        Box::pin(async move {
            emptied(session, &stage.catalog).await;
            after(&stage, &mut OnSession { session, repeated: 0 }, &fired, group, pass).await
        })
    });
    done.await.unwrap()
}

/// Both passes on a store against the serial pass in memory.
async fn compare(store: &Store, mode: Atomicity, fired: &[Fired], group: usize) -> Result<(), TestCaseError> {
    let serial = after(&flows(mode), &mut MemoryStore::new(), fired, group, Pass::Serial).await;
    let grouped = after(&flows(mode), &mut MemoryStore::new(), fired, group, Pass::Grouped).await;
    same("grouped in memory", &serial, &grouped)?;
    for pass in [Pass::Serial, Pass::Grouped] {
        let on_store = after_on(store, flows(mode), fired, group, pass).await;
        same(&format!("{pass:?} on the store"), &serial, &on_store)?;
    }
    Ok(())
}

/// Tells the first difference only: contents are long.
fn same(what: &str, expected: &(Vec<String>, String), found: &(Vec<String>, String)) -> Result<(), TestCaseError> {
    prop_assert_eq!(&expected.0, &found.0, "{}", what);
    let (expected, found) = (comparable(&expected.1), comparable(&found.1));
    for (expected, found) in expected.lines().zip(found.lines()) {
        prop_assert_eq!(expected, found, "{}", what);
    }
    prop_assert_eq!(expected.lines().count(), found.lines().count(), "{}", what);
    Ok(())
}

/// Contents without what databases tell in different words: which index a unique violation met.
fn comparable(contents: &str) -> String {
    let mut parts = contents.split("storage-insert-conflict: ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find("\\\"").unwrap_or(part.len());
        text.push_str(part.get(end..).unwrap_or_default());
    }
    text
}

/// The row of the second meets a unique index, and its pipeline fails on another value: which of the two is told must not
/// depend on when the row is sent.
fn two_ways_to_fail() -> [Fired; 2] {
    let start = |k: &str, n: &str| ("start", TriggerType::Insert, Row::None, json!({"k": k, "n": n, "u": "v"}), None);
    [start("c", "2"), start("a", "x")]
}

/// Random groups on a store.
fn random_groups(store: &Store, runtime: &Runtime, cases: u32) {
    runtime.block_on(compare(store, Atomicity::Trigger, &two_ways_to_fail(), 2)).unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let groups = (mode(), prop::collection::vec(fired(), 1..14), 2..15_usize);
    runner.run(&groups, |(mode, fired, group)| runtime.block_on(compare(store, mode, &fired, group))).unwrap();
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Random groups on a server; what it has not is told.
fn on_server(server: Server, cases: u32) {
    let runtime = runtime();
    let Some(url) = runtime.block_on(server.fresh()) else { return };
    let store = runtime.block_on(prepared(&url, &flows(Atomicity::Pipeline).catalog));
    random_groups(&store, &runtime, cases);
    runtime.block_on(store.close()).unwrap();
}

fn mode() -> impl Strategy<Value = Atomicity> {
    prop::sample::select(vec![Atomicity::Pipeline, Atomicity::Trigger])
}

#[test]
fn groups_end_as_the_serial_pass() {
    let runtime = runtime();
    let store = runtime.block_on(prepared("sqlite::memory:", &flows(Atomicity::Pipeline).catalog));
    random_groups(&store, &runtime, 120);
}

#[test]
fn groups_end_as_the_serial_pass_on_postgres() {
    on_server(Server::Postgres, 48);
}

#[test]
fn groups_end_as_the_serial_pass_on_mariadb() {
    on_server(Server::Mariadb, 48);
}

#[test]
fn groups_end_as_the_serial_pass_on_mysql() {
    on_server(Server::Mysql, 48);
}

/// Statements and commits of a group of orders that insert a row, read and change a sum, and leave a log each.
async fn traffic_of_a_group(server: Server) -> Option<(TrafficCounts, usize)> {
    let stage = flows(Atomicity::Pipeline);
    let store = prepared(&server.fresh().await?, &stage.catalog).await;
    let fired = |k: &str| ("lines", TriggerType::Insert, Row::None, json!({"k": k, "n": "1"}), None);
    let group: Vec<Fired> = ["b", "d", "e", "f"].iter().cycle().take(32).map(|k| fired(k)).collect();
    let known = Known::default();
    let done = store.write(move |session| {
        Box::pin(async move {
            let mut place = OnSession { session, repeated: 0 };
            // Sums that the orders change.
            for k in ["b", "d", "e", "f"] {
                let seed = stage.request("start", TriggerType::Insert, &json!({"k": k, "n": "2", "u": k}));
                place.serial(&stage, &seed).await.unwrap();
            }
            let requests: Vec<TriggerRequest> = group.iter().map(|fired| request(&stage, fired, &known)).collect();
            (stage, requests, place.repeated)
        })
    });
    let (stage, requests, _) = done.await.unwrap();
    let before = store.traffic();
    let done = store.write(move |session| {
        Box::pin(async move {
            let mut place = OnSession { session, repeated: 0 };
            let outcomes = place.grouped(&stage, &requests).await;
            assert!(outcomes.is_some_and(|outcomes| outcomes.iter().all(Result::is_ok)));
            place.repeated
        })
    });
    let repeated = done.await.unwrap();
    Some((store.traffic().since(before), repeated))
}

#[tokio::test]
async fn a_group_shares_its_statements() {
    if let Some((traffic, repeated)) = traffic_of_a_group(Server::Postgres).await {
        // The sums are read together; everything is written by one statement, which needs no transaction around it.
        assert_eq!((traffic.statements, traffic.commits, repeated), (2, 1, 0));
    }
    for server in [Server::Mariadb, Server::Mysql] {
        let Some((traffic, repeated)) = traffic_of_a_group(server).await else { continue };
        // Whether the table's texts are exact, the sums; begin, lines, headers, logs, sums, commit.
        assert_eq!((traffic.statements, traffic.commits, repeated), (8, 1, 0));
    }
}

#[tokio::test]
async fn the_flows_meet_every_way_to_fail() {
    let stage = flows(Atomicity::Pipeline);
    assert_eq!(stage.codes(), ["definition-topic-unknown"]);
    let insert = |code: &'static str, data: Json| (code, TriggerType::Insert, Row::None, data, None);
    let fired = [
        insert("start", json!({"k": "a", "n": "1", "u": "u"})),
        insert("start", json!({"k": "a", "n": "x", "u": "u"})),
        insert("start", json!({"k": "a", "n": "x"})),
        insert("start", json!({"k": "a", "n": "1"})),
        insert("raw", json!({"k": "a", "list": [1, "x"]})),
        insert("raw", json!({"k": "a", "list": "scalar"})),
        ("start", TriggerType::Merge, Row::Nowhere, json!({}), None),
        insert("elsewhere", json!({})),
        insert("start", json!({"k": "c", "n": "1"})),
    ];
    let mut store = MemoryStore::new();
    let (outcomes, contents) = after(&stage, &mut store, &fired, 100, Pass::Grouped).await;
    let expected = [
        r#"ran 4 []"#,
        "storage-insert-conflict",
        r#"ran 3 ["1"]"#,
        r#"ran 4 ["2", "3"]"#,
        r#"ran 1 ["4"]"#,
        r#"ran 1 ["4"]"#,
        "trigger-row-not-found",
        "trigger-topic-not-found",
        r#"ran 5 ["7"]"#,
    ];
    assert_eq!(
        outcomes.iter().map(|text| text.split(" [").next().unwrap().split(' ').next().unwrap()).collect::<Vec<_>>(),
        expected.iter().map(|text| text.split(' ').next().unwrap()).collect::<Vec<_>>(),
        "{outcomes:#?}"
    );
    for code in ["action-too-many-rows", "storage-insert-conflict", "action-loop-over-scalar", "definition-topic-unknown", "value-"] {
        assert!(contents.contains(code), "{code} is not among the logs: {contents}");
    }
}
