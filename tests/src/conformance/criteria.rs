//! Conditions: every operator on every kind, nulls included.

use nightowl_core::port::{Comparison, Criterion, Operand, StoreError, UnitOfWork};
use nightowl_core::value::Value;

use super::topics::{KINDS, POLICIES, column, compare, date, datetime, equals, ids, insert, number, query, time};

const NOTHING: [i64; 0] = [];

/// Three values in ascending order for each kind; the fourth row is null.
fn ascending() -> Vec<(&'static str, [Value; 3])> {
    vec![
        ("serial", [(-5).into(), 10.into(), i64::MAX.into()]),
        ("small", [9.into(), 10.into(), 2_024.into()]),
        ("amount", [number("-10.5"), number("9.5"), number("10")]),
        ("money", [number("-100"), number("-20"), number("3.1")]),
        ("text", ["10".into(), "9".into(), "ä".into()]),
        ("day", [date("0999-12-31"), date("2024-02-29"), date("2024-03-01")]),
        ("at", [datetime("2024-02-29 00:00:00"), datetime("2024-02-29 00:00:01"), datetime("2024-03-01 00:00:00")]),
        ("moment", [datetime("2024-02-29 00:00:00"), datetime("2024-02-29 00:00:00.001"), datetime("2024-02-29 00:00:00.5")]),
        ("time", [time("00:00:00"), time("09:00:00"), time("10:00:00")]),
    ]
}

async fn insert_ascending(unit: &mut dyn UnitOfWork) {
    for position in 0..3 {
        let values: Vec<(&str, Value)> = ascending().into_iter().map(|(name, values)| (name, values[position].clone())).collect();
        insert(unit, &KINDS, &[(position as i64 + 1, &values)]).await;
    }
    insert(unit, &KINDS, &[(4, &[])]).await;
}

/// The six comparisons against the middle value, and from the other side.
pub async fn every_operator_on_every_kind(unit: &mut dyn UnitOfWork) {
    insert_ascending(unit).await;
    for (name, values) in ascending() {
        let expected: [(Comparison, &[i64], &[i64]); 6] = [
            (Comparison::Equals, &[2], &[2]),
            (Comparison::NotEquals, &[1, 3], &[1, 3]),
            (Comparison::Less, &[1], &[3]),
            (Comparison::LessEquals, &[1, 2], &[2, 3]),
            (Comparison::More, &[3], &[1]),
            (Comparison::MoreEquals, &[2, 3], &[1, 2]),
        ];
        for (comparison, forward, backward) in expected {
            assert_eq!(ids(unit, &KINDS, compare(&KINDS, name, comparison, values[1].clone())).await, forward, "{name} {comparison:?}");
            let turned = Criterion::Compare { left: Operand::Value(values[1].clone()), comparison, right: column(&KINDS, name) };
            assert_eq!(ids(unit, &KINDS, turned).await, backward, "{name} turned {comparison:?}");
        }
    }
    insert(unit, &KINDS, &[(5, &[("flag", true.into())]), (6, &[("flag", false.into())])]).await;
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "flag", true)).await, [5]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "flag", 0)).await, [6]);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "flag", Comparison::NotEquals, true)).await, [6]);
    // Equal texts are equal to the last blank and letter.
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "text", "9 ")).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "text", "Ä")).await, NOTHING);
}

/// `empty` means null or the empty text; for what is no text it means null.
pub async fn empty_and_null(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("text", "".into()), ("amount", 0.into())]), (2, &[("text", " ".into())]), (3, &[])]).await;
    let of = |name: &str| column(&KINDS, name);
    assert_eq!(ids(unit, &KINDS, Criterion::Empty(of("text"))).await, [1, 3]);
    assert_eq!(ids(unit, &KINDS, Criterion::NotEmpty(of("text"))).await, [2]);
    assert_eq!(ids(unit, &KINDS, Criterion::Null(of("text"))).await, [3]);
    assert_eq!(ids(unit, &KINDS, Criterion::NotNull(of("text"))).await, [1, 2]);
    assert_eq!(ids(unit, &KINDS, Criterion::Empty(of("amount"))).await, [2, 3]);
    assert_eq!(ids(unit, &KINDS, Criterion::NotEmpty(of("amount"))).await, [1]);
    assert_eq!(ids(unit, &KINDS, Criterion::Empty(of("day"))).await, [1, 2, 3]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "text", "")).await, [1]);
}

/// A comparison with null is never true, in whatever direction.
pub async fn null_matches_nothing(unit: &mut dyn UnitOfWork) {
    insert_ascending(unit).await;
    for name in ["serial", "amount", "text", "day", "moment", "time", "flag"] {
        for comparison in [Comparison::Equals, Comparison::NotEquals, Comparison::Less, Comparison::MoreEquals] {
            assert_eq!(ids(unit, &KINDS, compare(&KINDS, name, comparison, Value::Null)).await, NOTHING, "{name} {comparison:?}");
        }
    }
}

/// Unknown is neither true nor false.
pub async fn joints_are_three_valued(unit: &mut dyn UnitOfWork) {
    insert(unit, &POLICIES, &[(1, &[("code", "A".into()), ("part", 1.into())]), (2, &[("code", "A".into())]), (3, &[("part", 1.into())]), (4, &[])]).await;
    let (code, part) = (|| equals(&POLICIES, "code", "A"), || equals(&POLICIES, "part", 1));
    assert_eq!(ids(unit, &POLICIES, Criterion::All(vec![code(), part()])).await, [1]);
    assert_eq!(ids(unit, &POLICIES, Criterion::Any(vec![code(), part()])).await, [1, 2, 3]);
    let differs = || compare(&POLICIES, "code", Comparison::NotEquals, "B");
    assert_eq!(ids(unit, &POLICIES, differs()).await, [1, 2]);
    let nested = Criterion::Any(vec![
        Criterion::All(vec![differs(), Criterion::Null(column(&POLICIES, "part"))]),
        Criterion::All(vec![part(), Criterion::Empty(column(&POLICIES, "code"))]),
    ]);
    assert_eq!(ids(unit, &POLICIES, nested).await, [2, 3]);
    assert_eq!(ids(unit, &POLICIES, Criterion::All(vec![Criterion::Always(true), code()])).await, [1, 2]);
    assert_eq!(ids(unit, &POLICIES, Criterion::Any(vec![Criterion::Always(false), code()])).await, [1, 2]);
    assert_eq!(ids(unit, &POLICIES, Criterion::Always(false)).await, NOTHING);
    let refused = unit.find(&query(&POLICIES, Criterion::All(Vec::new()))).await;
    assert!(matches!(refused, Err(StoreError::UnsupportedCriteria { .. })), "{refused:?}");
}

/// Columns are compared with columns of the same family.
pub async fn columns_with_columns(unit: &mut dyn UnitOfWork) {
    let row = |serial: i64, amount: &str, money: &str, day: &str, at: &str| {
        [("serial", serial.into()), ("amount", number(amount)), ("money", number(money)), ("day", date(day)), ("at", datetime(at))]
    };
    let rows = [
        row(5, "5", "5", "2024-01-02", "2024-01-02 00:00:00"),
        row(10, "9.5", "9.50", "2024-01-02", "2024-01-02 00:00:01"),
        row(-3, "-2.5", "-20", "2024-01-03", "2024-01-02 23:00:00"),
    ];
    for (position, row) in rows.iter().enumerate() {
        insert(unit, &KINDS, &[(position as i64 + 1, row)]).await;
    }
    let pairs: [(&str, Comparison, &str, &[i64]); 8] = [
        ("serial", Comparison::Equals, "amount", &[1]),
        ("serial", Comparison::More, "amount", &[2]),
        ("amount", Comparison::Equals, "money", &[1, 2]),
        ("amount", Comparison::More, "money", &[3]),
        ("day", Comparison::Equals, "at", &[1]),
        ("day", Comparison::Less, "at", &[2]),
        ("at", Comparison::Less, "day", &[3]),
        ("money", Comparison::LessEquals, "money", &[1, 2, 3]),
    ];
    for (left, comparison, right, expected) in pairs {
        let criterion = Criterion::Compare { left: column(&KINDS, left), comparison, right: column(&KINDS, right) };
        assert_eq!(ids(unit, &KINDS, criterion).await, expected, "{left} {comparison:?} {right}");
    }
}

/// A value with more digits than its column keeps equals nothing, but has its place.
pub async fn digits_beyond_the_column(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("money", number("1.23")), ("small", 1.into())]), (2, &[("money", number("1.24")), ("small", 2.into())])]).await;
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "money", number("1.2300"))).await, [1]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "money", number("1.235"))).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "money", Comparison::NotEquals, number("1.235"))).await, [1, 2]);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "money", Comparison::Less, number("1.235"))).await, [1]);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "small", Comparison::More, number("1.5"))).await, [2]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "small", number("1.5"))).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "small", number("2.0"))).await, [2]);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "small", Comparison::Less, number("99999999999999999999"))).await, [1, 2]);
}

/// Against a day only the day counts; against a moment a day is its midnight.
pub async fn days_and_moments(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("day", date("2024-01-02")), ("moment", datetime("2024-01-02 00:00:00"))])]).await;
    insert(unit, &KINDS, &[(2, &[("day", date("2024-01-03")), ("moment", datetime("2024-01-02 10:00:00.25"))])]).await;
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "day", datetime("2024-01-02 15:00:00"))).await, [1]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "moment", date("2024-01-02"))).await, [1]);
    assert_eq!(ids(unit, &KINDS, compare(&KINDS, "moment", Comparison::More, date("2024-01-02"))).await, [2]);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "moment", datetime("2024-01-02 10:00:00"))).await, NOTHING);
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "moment", datetime("2024-01-02 10:00:00.25"))).await, [2]);
}

/// What no alignment has made comparable is refused, with and without rows.
pub async fn kinds_that_do_not_meet_are_refused(unit: &mut dyn UnitOfWork) {
    for _ in 0..2 {
        for (name, value) in
            [("text", Value::from(3)), ("amount", "3".into()), ("day", "2024-01-01".into()), ("time", date("2024-01-01")), ("flag", "true".into())]
        {
            let refused = unit.find(&query(&KINDS, equals(&KINDS, name, value))).await;
            assert!(matches!(refused, Err(StoreError::UnsupportedCriteria { .. })), "{name}: {refused:?}");
        }
        let columns = Criterion::Compare { left: column(&KINDS, "text"), comparison: Comparison::Equals, right: column(&KINDS, "amount") };
        assert!(unit.find(&query(&KINDS, columns)).await.is_err());
        insert(unit, &KINDS, &[]).await;
    }
}
