//! SQL finds what memory finds, whatever the condition: the in-memory store is the oracle.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use nightowl_core::compile::TopicPlan;
use nightowl_core::model::ComputeType;
use nightowl_core::port::{Comparison, Computation, Criterion, Operand, TopicRows, UnitOfWork};
use nightowl_core::value::{Object, Value};
use nightowl_storage::memory::MemoryStore;
use nightowl_storage::sql::SqlUnitOfWork;
use nightowl_storage::sql::structure::{self, SyncMode};
use nightowl_storage::{Store, StoreOptions};
use nightowl_tests::conformance::topics::{self, KINDS, column, date, datetime, number, time};
use nightowl_tests::servers::Server;
use nightowl_tests::world::on_server;
use proptest::prelude::*;
use proptest::sample::select;

/// Values that meet often, for each column.
fn values_of(name: &str) -> Vec<Value> {
    match name {
        "serial" | "small" => vec![Value::Null, (-1).into(), 0.into(), 1.into(), 10.into(), 2_024.into()],
        "amount" | "money" => vec![Value::Null, number("-10"), number("-0.5"), number("0"), number("0.50"), number("9.99"), number("10")],
        "text" => vec![Value::Null, "".into(), "1".into(), "10".into(), "9".into(), "a".into(), "A".into(), "ä".into()],
        "day" => vec![Value::Null, date("2023-12-31"), date("2024-02-29"), date("2024-03-01")],
        "at" => vec![Value::Null, datetime("2024-02-29 00:00:00"), datetime("2024-02-29 12:00:00"), datetime("2024-03-01 00:00:00")],
        "time" => vec![Value::Null, time("00:00:00"), time("09:30:00"), time("23:59:59")],
        _ => vec![Value::Null, true.into(), false.into()],
    }
}

const NAMES: [&str; 9] = ["serial", "small", "amount", "money", "text", "day", "at", "time", "flag"];

fn row() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    NAMES.map(|name| select(values_of(name)).prop_map(move |value| (name, value))).to_vec()
}

/// A column, or something computed of columns, with values that it may meet.
fn operand() -> impl Strategy<Value = (Operand, Vec<Value>)> {
    let columns = select(NAMES.to_vec()).prop_map(|name| (column(&KINDS, name), values_of(name)));
    let numbers = vec![number("-1"), number("0.5"), 2.into(), number("10.50")];
    let computed = |computation: Computation, elements: Vec<Operand>| Operand::Computed { computation, elements };
    let arithmetic =
        (select(vec![ComputeType::Add, ComputeType::Subtract, ComputeType::Multiply]), select(vec!["small", "amount"]), select(vec!["money", "serial"]))
            .prop_map(move |(compute, one, other)| {
                (computed(Computation::Compute(compute), vec![column(&KINDS, one), column(&KINDS, other)]), numbers.clone())
            });
    let parts =
        (select(vec![ComputeType::MonthOf, ComputeType::WeekOfYear, ComputeType::DayOfWeek]), select(vec!["day", "at"])).prop_map(move |(compute, name)| {
            (computed(Computation::Compute(compute), vec![column(&KINDS, name)]), vec![1.into(), 2.into(), 8.into(), number("2.5")])
        });
    let texts = select(NAMES.to_vec()).prop_map(move |name| {
        (computed(Computation::Concat, vec![column(&KINDS, name), column(&KINDS, "text")]), vec!["".into(), "1".into(), "true".into(), "0.000000a".into()])
    });
    prop_oneof![6 => columns, 1 => arithmetic, 1 => parts, 1 => texts]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equals, Less, LessEquals, More, MoreEquals, NotEquals};
    select(vec![Equals, NotEquals, Less, LessEquals, More, MoreEquals])
}

fn condition() -> impl Strategy<Value = Criterion> {
    let compared = (operand(), comparison(), any::<prop::sample::Index>(), any::<bool>()).prop_map(|((left, values), comparison, index, turned)| {
        let right = Operand::Value(index.get(&values).clone());
        if turned { Criterion::Compare { left: right, comparison, right: left } } else { Criterion::Compare { left, comparison, right } }
    });
    let listed = (operand(), any::<Vec<prop::sample::Index>>(), any::<bool>()).prop_map(|((operand, values), indexes, negated)| Criterion::In {
        operand,
        values: indexes.iter().take(5).map(|index| index.get(&values).clone()).collect(),
        negated,
    });
    let columns = (operand(), comparison(), operand()).prop_map(|((left, _), comparison, (right, _))| Criterion::Compare { left, comparison, right });
    let tested = (operand(), 0..4).prop_map(|((operand, _), test)| match test {
        0 => Criterion::Empty(operand),
        1 => Criterion::NotEmpty(operand),
        2 => Criterion::Null(operand),
        _ => Criterion::NotNull(operand),
    });
    let leaf = prop_oneof![4 => compared, 2 => listed, 2 => columns, 1 => tested, 1 => any::<bool>().prop_map(Criterion::Always)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let children = prop::collection::vec(inner, 1..4);
        prop_oneof![children.clone().prop_map(Criterion::All), children.prop_map(Criterion::Any)]
    })
}

/// What a store finds for each condition; `None` where it refuses.
async fn found(unit: &mut dyn UnitOfWork, rows: &[Vec<(&'static str, Value)>], conditions: &[Criterion]) -> Vec<Option<Vec<Object>>> {
    for (id, row) in rows.iter().enumerate() {
        unit.insert(&KINDS, &topics::row(&KINDS, id as i64, row)).await.unwrap();
    }
    let mut outcomes = Vec::new();
    for condition in conditions {
        outcomes.push(TopicRows::find(unit, &topics::query(&KINDS, condition.clone())).await.ok());
    }
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_finds_what_memory_finds(rows in prop::collection::vec(row(), 0..8), conditions in prop::collection::vec(condition(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let expected = runtime.block_on(found(&mut MemoryStore::new(), &rows, &conditions));
        let store = Store::open("sqlite::memory:", &StoreOptions::default()).unwrap();
        let sent = conditions.clone();
        let actual = runtime.block_on(store.write(move |session| Box::pin(async move {
            let plan: &TopicPlan = &KINDS;
            structure::apply(session, &[plan], SyncMode::Safe).await.unwrap().checked().unwrap();
            found(&mut SqlUnitOfWork::new(session), &rows, &sent).await
        }))).unwrap();
        for ((condition, expected), actual) in conditions.iter().zip(&expected).zip(&actual) {
            prop_assert_eq!(expected, actual, "{:?}", condition);
        }
    }
}

/// Rows and conditions on one server, each case in a place of its own.
fn finds_the_same(server: Server, rows: &[Vec<(&'static str, Value)>], conditions: &[Criterion]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let expected = runtime.block_on(found(&mut MemoryStore::new(), rows, conditions));
    let (rows, sent) = (rows.to_vec(), conditions.to_vec());
    let job = on_server(server, vec![KINDS.clone()], move |unit| Box::pin(async move { found(unit, &rows, &sent).await }));
    let Some(actual) = job else { return Ok(()) };
    for ((condition, expected), actual) in conditions.iter().zip(&expected).zip(&actual) {
        prop_assert_eq!(expected, actual, "on {:?}: {:?}", server, condition);
    }
    Ok(())
}

proptest! {
    // A case makes its tables anew.
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn postgresql_finds_what_memory_finds(rows in prop::collection::vec(row(), 0..8), conditions in prop::collection::vec(condition(), 8..24)) {
        finds_the_same(Server::Postgres, &rows, &conditions)?;
    }

    #[test]
    fn mariadb_finds_what_memory_finds(rows in prop::collection::vec(row(), 0..8), conditions in prop::collection::vec(condition(), 8..24)) {
        finds_the_same(Server::Mariadb, &rows, &conditions)?;
    }

    #[test]
    fn mysql_finds_what_memory_finds(rows in prop::collection::vec(row(), 0..8), conditions in prop::collection::vec(condition(), 8..24)) {
        finds_the_same(Server::Mysql, &rows, &conditions)?;
    }
}
