//! Generated conditions and rows.

use nightowl_core::value::{Object, Value};
use nightowl_tests::conformance::topics::{date, datetime, number, time};
use nightowl_tests::world;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use super::COLUMNS;

/// A condition, as it is generated.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Several.
    Joint { or: bool, children: Vec<Node> },
    /// One.
    Comparison { left: Side, operator: &'static str, right: Side },
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Side {
    /// A column, by its place among [`COLUMNS`].
    Column(usize),
    /// A key of the trigger data, as a constant in braces.
    Given(&'static str),
    /// A literal text.
    Text(&'static str),
    /// A computation over columns, by their places.
    Computed(&'static str, Vec<usize>),
    /// A column where the flag is set, else a literal text that the column could hold.
    Case(usize, &'static str),
}

/// What a trigger brings: a value of every kind, by the name under which constants find it.
const ASKING: &str = r#"{"nothing":null,"empty":"","zero":0,"one":1,"two":2.50,"minus":-1,"word":"a","digits":"10","dated":"2024-02-29",
    "timed":"09:30","yes":"Yes","listed":"a,10, b","list":[1,"a",null,"2024-02-29"],"no":false,"true":true,
    "date":"2024-02-29","moment":"2024-02-29 12:00:00","clock":"09:30:00"}"#;

/// The place of the column that decides in a [`Side::Case`].
pub(super) const FLAG: usize = 6;

/// The keys of [`ASKING`].
pub(super) const GIVEN: [&str; 18] =
    ["nothing", "empty", "zero", "one", "two", "minus", "word", "digits", "dated", "timed", "yes", "listed", "list", "no", "true", "date", "moment", "clock"];

/// The trigger data.
pub(super) fn asking() -> Object {
    world::object(ASKING)
}

/// The same with its dates, as preparation leaves them.
pub(super) fn prepared() -> Object {
    let mut data = asking();
    data.insert("date", date("2024-02-29"));
    data.insert("moment", datetime("2024-02-29 12:00:00"));
    data.insert("clock", time("09:30:00"));
    data
}

impl Node {
    /// The condition as a definition has it.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Joint { or, children } => {
                json!({"jointType": if *or { "or" } else { "and" }, "filters": children.iter().map(Self::json).collect::<Vec<_>>()})
            }
            Self::Comparison { left, operator, right } => json!({"left": left.json(), "operator": operator, "right": right.json()}),
        }
    }
}

fn column(place: usize) -> Json {
    json!({"kind": "topic", "topicId": "1", "factorId": format!("1{place}")})
}

impl Side {
    fn json(&self) -> Json {
        match self {
            Self::Column(place) => column(*place),
            Self::Given(name) => json!({"kind": "constant", "value": format!("{{{name}}}")}),
            Self::Text(text) => json!({"kind": "constant", "value": text}),
            Self::Computed(operation, places) => {
                json!({"kind": "computed", "type": operation, "parameters": places.iter().map(|place| column(*place)).collect::<Vec<_>>()})
            }
            Self::Case(place, text) => {
                let mut route = column(*place);
                route["conditional"] = json!(true);
                route["on"] = json!({"jointType": "and", "filters": [
                    {"left": column(FLAG), "operator": "equals", "right": {"kind": "constant", "value": "yes"}}]});
                json!({"kind": "computed", "type": "case-then", "parameters": [route, {"kind": "constant", "value": text}]})
            }
        }
    }
}

/// Values that meet often, for each column.
fn cell(name: &str) -> Vec<Value> {
    let mut values = match name {
        "amount" | "other" => vec![number("-1.000000"), number("0.000000"), number("1.000000"), number("2.500000"), number("10.000000")],
        "text" => vec!["".into(), "a".into(), "A".into(), "10".into(), "1".into(), "2024-02-29".into(), " b".into(), "true".into(), "2.50".into()],
        "day" => vec![date("2024-02-28"), date("2024-02-29"), date("2024-03-01")],
        "at" => vec![datetime("2024-02-29 00:00:00"), datetime("2024-02-29 12:00:00"), datetime("2024-03-01 00:00:00")],
        "time" => vec![time("00:00:00"), time("09:30:00"), time("23:59:59")],
        _ => vec![true.into(), false.into()],
    };
    values.push(Value::Null);
    values
}

/// A few rows, with serial numbers.
pub(super) fn rows() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let row = COLUMNS[1..].iter().map(|(name, _)| select(cell(name))).collect::<Vec<_>>();
    prop::collection::vec(row, 0..6).prop_map(|rows| {
        let numbered = rows.into_iter().enumerate().map(|(serial, mut row)| {
            row.insert(0, Value::from(serial as i64));
            row
        });
        numbered.collect()
    })
}

const OPERATORS: [&str; 10] = ["empty", "not-empty", "equals", "not-equals", "less", "less-equals", "more", "more-equals", "in", "not-in"];
const LITERALS: [&str; 12] = ["", " ", "1", "2.5", "a", "A", "10", "2024-02-29", "09:30:00", "true", "a,10", "1, 10,x"];

/// Columns with texts that they could hold.
const CASES: [(usize, &str); 7] = [(1, "1"), (7, " 2.5 "), (2, "a"), (2, "10"), (3, "2024-02-29"), (4, "2024-02-29 12:00"), (5, "09:30")];

fn value() -> impl Strategy<Value = Side> {
    prop_oneof![3 => select(&GIVEN).prop_map(Side::Given), 2 => select(&LITERALS).prop_map(Side::Text)]
}

fn columns() -> impl Strategy<Value = Side> {
    let arithmetic = (select(vec!["add", "subtract", "multiply"]), select(vec![vec![1, 7], vec![7, 1], vec![1, 1, 7]]));
    let part = (select(vec!["year-of", "month-of", "day-of-month", "week-of-year"]), select(vec![vec![3], vec![4]]));
    prop_oneof![
        8 => (1..COLUMNS.len()).prop_map(Side::Column),
        1 => arithmetic.prop_map(|(operation, places)| Side::Computed(operation, places)),
        1 => part.prop_map(|(operation, places)| Side::Computed(operation, places)),
        1 => select(CASES.to_vec()).prop_map(|(place, text)| Side::Case(place, text)),
    ]
}

/// A condition. A column is never the list of an `in`, and two columns that meet hold the same.
pub(super) fn node() -> impl Strategy<Value = Node> {
    let compared = (columns(), select(&OPERATORS), value()).prop_map(|(left, operator, right)| Node::Comparison { left, operator, right });
    let turned = (value(), select(&OPERATORS[2..8]), columns()).prop_map(|(left, operator, right)| Node::Comparison { left, operator, right });
    let alike = (select(vec![(1, 7), (7, 1), (2, 2), (3, 4), (4, 3), (5, 5), (6, 6)]), select(&OPERATORS[2..8]))
        .prop_map(|((left, right), operator)| Node::Comparison { left: Side::Column(left), operator, right: Side::Column(right) });
    let plain = (value(), select(&OPERATORS), value()).prop_map(|(left, operator, right)| Node::Comparison { left, operator, right });
    let leaf = prop_oneof![8 => compared, 3 => turned, 1 => alike, 2 => plain];
    leaf.prop_recursive(2, 8, 3, |inner| (any::<bool>(), prop::collection::vec(inner, 0..4)).prop_map(|(or, children)| Node::Joint { or, children }))
}
