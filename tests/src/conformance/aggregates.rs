//! Numbers over the rows that match.

use nightowl_core::port::{Aggregate, Criterion, Operand, StoreError, UnitOfWork};
use nightowl_core::value::{Value, text_form};

use super::topics::{KINDS, column, equals, insert, number, query};

fn position(name: &str) -> usize {
    match column(&KINDS, name) {
        Operand::Column(position) => position,
        _ => usize::MAX,
    }
}

async fn of(unit: &mut dyn UnitOfWork, criterion: Criterion, aggregate: Aggregate) -> Value {
    unit.aggregate(&query(&KINDS, criterion), aggregate).await.unwrap()
}

/// Exact sums, means to 28 digits.
pub async fn counts_sums_and_means(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("text", "a".into()), ("amount", number("0.1")), ("small", 1.into())])]).await;
    insert(unit, &KINDS, &[(2, &[("text", "a".into()), ("amount", number("0.2")), ("small", 2.into())])]).await;
    insert(unit, &KINDS, &[(3, &[("text", "a".into())]), (4, &[("text", "b".into()), ("amount", number("99999999999999999999.999999"))])]).await;
    let a = || equals(&KINDS, "text", "a");
    assert_eq!(of(unit, a(), Aggregate::Count).await, 3.into());
    assert_eq!(text_form(&of(unit, a(), Aggregate::Sum(position("amount"))).await), "0.300000");
    assert_eq!(of(unit, a(), Aggregate::Sum(position("small"))).await, 3.into());
    assert_eq!(of(unit, a(), Aggregate::Average(position("amount"))).await, number("0.15"));
    assert_eq!(of(unit, a(), Aggregate::Average(position("small"))).await, number("1.5"));
    assert_eq!(of(unit, Criterion::Always(true), Aggregate::Sum(position("amount"))).await, number("100000000000000000000.299999"));
    assert_eq!(of(unit, Criterion::Always(true), Aggregate::Count).await, 4.into());
}

/// Over no numbers a sum is null, and a count of no rows is 0.
pub async fn nothing_to_add_up(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("text", "a".into())])]).await;
    for criterion in [Criterion::Always(true), Criterion::Always(false)] {
        assert_eq!(of(unit, criterion.clone(), Aggregate::Sum(position("amount"))).await, Value::Null);
        assert_eq!(of(unit, criterion, Aggregate::Average(position("amount"))).await, Value::Null);
    }
    assert_eq!(of(unit, Criterion::Always(false), Aggregate::Count).await, 0.into());
    let refused = unit.aggregate(&query(&KINDS, Criterion::Always(true)), Aggregate::Sum(position("text"))).await;
    assert!(matches!(refused, Err(StoreError::UnsupportedComputation { .. })), "{refused:?}");
}
