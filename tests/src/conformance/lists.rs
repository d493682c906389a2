//! `in` and `not-in`.

use nightowl_core::port::{Criterion, UnitOfWork};
use nightowl_core::value::Value;

use super::topics::{KINDS, column, date, datetime, ids, insert, number, time};

const NOTHING: [i64; 0] = [];

fn within(name: &str, values: Vec<Value>) -> Criterion {
    Criterion::In { operand: column(&KINDS, name), values, negated: false }
}

fn without(name: &str, values: Vec<Value>) -> Criterion {
    Criterion::In { operand: column(&KINDS, name), values, negated: true }
}

/// Lists of values of every kind.
pub async fn lists_of_every_kind(unit: &mut dyn UnitOfWork) {
    let values = [
        ("serial", Value::from(7), Value::from(8)),
        ("amount", number("1.5"), number("2")),
        ("text", "a".into(), "b".into()),
        ("day", date("2024-01-02"), date("2024-01-03")),
        ("moment", datetime("2024-01-02 03:04:05.5"), datetime("2024-01-02 03:04:05")),
        ("time", time("01:02:03"), time("01:02:04")),
        ("flag", true.into(), false.into()),
    ];
    let first: Vec<(&str, Value)> = values.iter().map(|(name, value, _)| (*name, value.clone())).collect();
    let second: Vec<(&str, Value)> = values.iter().map(|(name, _, value)| (*name, value.clone())).collect();
    insert(unit, &KINDS, &[(1, &first), (2, &second), (3, &[])]).await;
    for (name, one, other) in values {
        assert_eq!(ids(unit, &KINDS, within(name, vec![one.clone()])).await, [1], "{name}");
        assert_eq!(ids(unit, &KINDS, within(name, vec![other.clone(), one.clone(), one.clone()])).await, [1, 2], "{name}");
        assert_eq!(ids(unit, &KINDS, without(name, vec![one.clone()])).await, [2], "{name}");
        assert_eq!(ids(unit, &KINDS, without(name, vec![one, other])).await, NOTHING, "{name}");
    }
    assert_eq!(ids(unit, &KINDS, within("amount", vec![number("1.500"), number("1.50000001")])).await, [1]);
    assert_eq!(ids(unit, &KINDS, without("amount", vec![number("1.50000001"), number("2.0")])).await, [1]);
    assert_eq!(ids(unit, &KINDS, within("day", vec![datetime("2024-01-03 12:00:00")])).await, [2]);
}

/// An empty list matches nothing, negated everything; nulls in a list match nothing.
pub async fn empty_lists_and_nulls(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("text", "a".into())]), (2, &[("text", "b".into())]), (3, &[])]).await;
    assert_eq!(ids(unit, &KINDS, within("text", Vec::new())).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, without("text", Vec::new())).await, [1, 2, 3]);
    assert_eq!(ids(unit, &KINDS, within("text", vec![Value::Null])).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, within("text", vec![Value::Null, "a".into()])).await, [1]);
    assert_eq!(ids(unit, &KINDS, without("text", vec![Value::Null, "a".into()])).await, [2]);
}

/// Lists of many values.
pub async fn long_lists(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("serial", 999.into()), ("amount", 999.into())]), (2, &[("serial", 5_000.into()), ("amount", number("5000.5"))])]).await;
    for length in [3, 5, 1_000, 3_000] {
        let values: Vec<Value> = (0..length).map(|item| Value::from(item * 1_000 / length)).chain([999.into()]).collect();
        assert_eq!(ids(unit, &KINDS, within("serial", values.clone())).await, [1], "{length}");
        assert_eq!(ids(unit, &KINDS, without("amount", values)).await, [2], "{length}");
    }
}
