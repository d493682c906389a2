//! Computations over columns: every store gives the results of memory (storage.md §5).

use nightowl_core::model::ComputeType;
use nightowl_core::port::{Comparison, Computation, Criterion, Operand, StoreError, UnitOfWork};
use nightowl_core::value::Value;

use super::topics::{KINDS, column, compare, date, datetime, ids, insert, number, query, time};

const NOTHING: [i64; 0] = [];

fn computed(computation: Computation, elements: Vec<Operand>) -> Operand {
    Operand::Computed { computation, elements }
}

fn compute(compute: ComputeType, elements: Vec<Operand>) -> Operand {
    computed(Computation::Compute(compute), elements)
}

fn value(value: impl Into<Value>) -> Operand {
    Operand::Value(value.into())
}

fn of(name: &str) -> Operand {
    column(&KINDS, name)
}

fn is(left: Operand, right: impl Into<Value>) -> Criterion {
    Criterion::Compare { left, comparison: Comparison::Equals, right: value(right) }
}

/// Exact arithmetic, folded from left to right.
pub async fn arithmetic(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("amount", number("-7")), ("small", 3.into()), ("money", number("0.10"))])]).await;
    let cases = [
        (ComputeType::Add, vec![of("amount"), of("small"), value(number("0.5"))], "-3.5"),
        (ComputeType::Subtract, vec![of("amount"), of("small"), of("money")], "-10.1"),
        (ComputeType::Multiply, vec![of("money"), value(3)], "0.3"),
        (ComputeType::Divide, vec![value(1), of("small")], "0.3333333333333333333333333333"),
        (ComputeType::Modulus, vec![of("amount"), of("small")], "-1"),
    ];
    for (operation, elements, expected) in cases {
        assert_eq!(ids(unit, &KINDS, is(compute(operation, elements.clone()), number(expected))).await, [1], "{operation:?}");
        let more = Criterion::Compare { left: compute(operation, elements), comparison: Comparison::More, right: value(number("-10.2")) };
        assert_eq!(ids(unit, &KINDS, more).await, [1], "{operation:?}");
    }
    let list = Criterion::In { operand: compute(ComputeType::Multiply, vec![of("money"), value(3)]), values: vec![1.into(), number("0.3000")], negated: false };
    assert_eq!(ids(unit, &KINDS, list).await, [1]);
    let columns = Criterion::Compare { left: compute(ComputeType::Add, vec![of("small"), value(-10)]), comparison: Comparison::Equals, right: of("amount") };
    assert_eq!(ids(unit, &KINDS, columns).await, [1]);
}

/// Null goes through; a division by zero is an error.
pub async fn arithmetic_with_nothing(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("small", 0.into())])]).await;
    let sum = compute(ComputeType::Add, vec![of("small"), of("amount")]);
    assert_eq!(ids(unit, &KINDS, is(sum.clone(), 0)).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, Criterion::Null(sum)).await, [1]);
    let refused = unit.find(&query(&KINDS, is(compute(ComputeType::Divide, vec![value(1), of("small")]), 0))).await;
    assert!(matches!(refused, Err(StoreError::UnsupportedComputation { .. })), "{refused:?}");
}

/// Parts of days and of moments; weeks start on Sunday.
pub async fn parts_of_dates(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("day", date("2024-09-01")), ("moment", datetime("2023-01-07 23:59:59.5"))])]).await;
    let parts = [
        (ComputeType::YearOf, 2_024, 2_023),
        (ComputeType::HalfYearOf, 2, 1),
        (ComputeType::QuarterOf, 3, 1),
        (ComputeType::MonthOf, 9, 1),
        (ComputeType::WeekOfYear, 35, 1),
        (ComputeType::WeekOfMonth, 1, 1),
        (ComputeType::DayOfMonth, 1, 7),
        (ComputeType::DayOfWeek, 1, 7),
    ];
    for (part, day, moment) in parts {
        assert_eq!(ids(unit, &KINDS, is(compute(part, vec![of("day")]), day)).await, [1], "{part:?}");
        assert_eq!(ids(unit, &KINDS, is(compute(part, vec![of("moment")]), moment)).await, [1], "{part:?}");
        assert_eq!(ids(unit, &KINDS, Criterion::Null(compute(part, vec![of("at")]))).await, [1], "{part:?}");
    }
}

/// Whole years, months, days from start to end.
pub async fn differences_of_dates(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("day", date("2024-02-29")), ("moment", datetime("2025-02-28 23:59:59"))])]).await;
    for (difference, forward, backward) in [(Computation::YearDiff, 1, -1), (Computation::MonthDiff, 12, -12), (Computation::DayDiff, 365, -365)] {
        assert_eq!(ids(unit, &KINDS, is(computed(difference, vec![of("moment"), of("day")]), forward)).await, [1], "{difference:?}");
        assert_eq!(ids(unit, &KINDS, is(computed(difference, vec![of("day"), of("moment")]), backward)).await, [1], "{difference:?}");
        assert_eq!(ids(unit, &KINDS, is(computed(difference, vec![value(date("2024-02-29")), of("day")]), 0)).await, [1], "{difference:?}");
    }
}

/// Texts put together have the text forms of memory; lengths count characters.
pub async fn texts(unit: &mut dyn UnitOfWork) {
    let row = [
        ("text", "ä".into()),
        ("money", number("1.5")),
        ("small", 7.into()),
        ("flag", true.into()),
        ("day", date("2024-01-02")),
        ("moment", datetime("2024-01-02 03:04:05.5")),
        ("time", time("03:04:05")),
    ];
    insert(unit, &KINDS, &[(1, &row)]).await;
    let names = ["text", "money", "small", "flag", "day", "moment", "time", "amount"];
    let mut elements = vec![value("<"), value(number("2.50"))];
    elements.extend(names.iter().map(|name| of(name)));
    let joined = "<2.50ä1.507true2024-01-022024-01-02 03:04:05.50000003:04:05";
    assert_eq!(ids(unit, &KINDS, is(computed(Computation::Concat, elements), joined)).await, [1]);
    let lengths = [("text", 1), ("money", 4), ("small", 1), ("flag", 4), ("day", 10), ("moment", 26), ("time", 8), ("amount", 0)];
    for (name, length) in lengths {
        assert_eq!(ids(unit, &KINDS, is(computed(Computation::CharLength, vec![of(name)]), length)).await, [1], "{name}");
    }
    insert(unit, &KINDS, &[(2, &[])]).await;
    assert_eq!(ids(unit, &KINDS, is(computed(Computation::CharLength, vec![of("text")]), 0)).await, [2]);
}

/// Stores that can not move dates refuse; the others do it as memory does.
pub async fn moved_and_formatted_dates(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("day", date("2024-01-31")), ("moment", datetime("2024-01-31 10:20:30.5"))])]).await;
    let moved = |name: &str, pattern: &str| computed(Computation::MoveDate, vec![of(name), value(pattern)]);
    match unit.find(&query(&KINDS, is(moved("day", "M+1"), date("2024-02-29")))).await {
        Err(StoreError::UnsupportedComputation { .. }) => {}
        found => {
            assert_eq!(found.unwrap().len(), 1);
            assert_eq!(ids(unit, &KINDS, is(moved("moment", "D1h-11"), datetime("2023-12-31 23:20:30.5"))).await, [1]);
        }
    }
    let formatted = |name: &str, pattern: &str| computed(Computation::FormatDate, vec![of(name), value(pattern)]);
    assert_eq!(ids(unit, &KINDS, is(formatted("moment", "Y/M/D h:m:s"), "2024/01/31 10:20:30")).await, [1]);
    assert_eq!(ids(unit, &KINDS, is(formatted("day", "y B b W w H p"), "24 January Jan Wednesday Wed 12 AM")).await, [1]);
}

/// The first route whose condition holds; unknown does not hold.
pub async fn cases(unit: &mut dyn UnitOfWork) {
    insert(
        unit,
        &KINDS,
        &[(1, &[("small", 1.into()), ("amount", number("10"))]), (2, &[("small", 5.into()), ("amount", number("20"))]), (3, &[("amount", number("30"))])],
    )
    .await;
    let routes =
        || vec![(compare(&KINDS, "small", Comparison::Less, 3), of("amount")), (compare(&KINDS, "small", Comparison::MoreEquals, 3), value(number("0.5")))];
    let case = |otherwise: Option<Operand>| Operand::Case { routes: routes(), otherwise: otherwise.map(Box::new) };
    assert_eq!(ids(unit, &KINDS, is(case(None), 10)).await, [1]);
    assert_eq!(ids(unit, &KINDS, is(case(None), number("0.50"))).await, [2]);
    assert_eq!(ids(unit, &KINDS, Criterion::Null(case(None))).await, [3]);
    assert_eq!(ids(unit, &KINDS, is(case(Some(value(-1))), -1)).await, [3]);
    let texts = Operand::Case { routes: vec![(compare(&KINDS, "small", Comparison::Equals, 1), value("one"))], otherwise: Some(Box::new(value("other"))) };
    assert_eq!(ids(unit, &KINDS, is(texts, "other")).await, [2, 3]);
    let mixed = Operand::Case { routes: vec![(Criterion::Always(true), value("one"))], otherwise: Some(Box::new(of("day"))) };
    let refused = unit.find(&query(&KINDS, Criterion::NotNull(mixed))).await;
    assert!(matches!(refused, Err(StoreError::UnsupportedComputation { .. })), "{refused:?}");
}
