//! Rows: what is written is read, for its tenant, in its order, in its version.

use nightowl_core::port::{Criterion, Query, StoreError, UnitOfWork};
use nightowl_core::value::{JsonStyle, Value, json_text, read_json, text_form};

use super::topics::{
    KINDS, ORDERS, POLICIES, SHARED_A, SHARED_B, TENANT, TOTALS, all_ids, date, datetime, equals, find, ids, insert, number, row, row_of, time,
};

/// The life of a row.
pub async fn insert_find_update_delete(unit: &mut dyn UnitOfWork) {
    let policies = &*POLICIES;
    insert(unit, policies, &[(1, &[("code", "A".into()), ("part", 1.into()), ("note", "first".into())])]).await;
    let rows = find(unit, policies, equals(policies, "code", "A")).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get("note"), Some(&"first".into()));
    assert_eq!(rows[0].get("tenant_id_"), Some(&TENANT.into()));
    assert_eq!(rows[0].shape().names().len(), policies.columns.len());
    let changed = row(policies, 1, &[("code", "A".into()), ("part", 2.into())]);
    assert_eq!(unit.update(policies, &changed, None).await, Ok(1));
    let rows = find(unit, policies, equals(policies, "id_", 1)).await;
    assert_eq!((rows[0].get("part"), rows[0].get("note")), (Some(&2.into()), Some(&Value::Null)));
    assert_eq!(unit.update(policies, &row(policies, 9, &[]), None).await, Ok(0));
    assert_eq!(unit.delete(policies, TENANT, 1, None).await, Ok(1));
    assert_eq!(unit.delete(policies, TENANT, 1, None).await, Ok(0));
    assert!(all_ids(unit, policies).await.is_empty());
}

/// Every kind of column gives back what it was given, with the scale of the column.
pub async fn every_kind_comes_back(unit: &mut dyn UnitOfWork) {
    let written = [
        ("serial", i64::MAX.into()),
        ("small", (-32_768).into()),
        ("amount", number("12345678901234567890123456.123456")),
        ("money", number("-0.05")),
        ("text", "O'Neil \"ä\u{1f989}\" ; DROP TABLE x --".into()),
        ("day", date("2024-02-29")),
        ("at", datetime("2024-02-29 23:59:59")),
        ("moment", datetime("2024-02-29 23:59:59.001")),
        ("time", time("23:59:59")),
        ("flag", true.into()),
    ];
    insert(unit, &KINDS, &[(1, &written), (2, &[("amount", number("28")), ("money", number("-0.0")), ("flag", false.into())])]).await;
    let rows = find(unit, &KINDS, Criterion::Always(true)).await;
    for (name, value) in &written {
        assert_eq!(rows[0].get(name), Some(value), "{name}");
        assert_eq!(text_form(rows[0].get(name).unwrap()), text_form(value), "{name}");
    }
    assert_eq!(text_form(rows[1].get("amount").unwrap()), "28.000000");
    assert_eq!(text_form(rows[1].get("money").unwrap()), "0.00");
    assert_eq!(rows[1].get("flag"), Some(&false.into()));
    for name in ["serial", "small", "text", "day", "at", "moment", "time", "document"] {
        assert_eq!(rows[1].get(name), Some(&Value::Null), "{name}");
    }
}

/// Stores other than MySQL keep six digits of a second, down to the last one.
pub async fn moments_keep_six_digits(unit: &mut dyn UnitOfWork) {
    let moment = datetime("2024-02-29 23:59:59.000001");
    insert(unit, &KINDS, &[(1, &[("moment", moment.clone())]), (2, &[("moment", datetime("2024-02-29 23:59:59"))])]).await;
    assert_eq!(find(unit, &KINDS, Criterion::Always(true)).await[0].get("moment"), Some(&moment));
    assert_eq!(ids(unit, &KINDS, equals(&KINDS, "moment", moment)).await, [1]);
}

/// MySQL and MariaDB keep three digits of a second; what is finer is cut off, never rounded.
pub async fn moments_are_cut_to_three_digits(unit: &mut dyn UnitOfWork) {
    insert(unit, &KINDS, &[(1, &[("moment", datetime("2024-02-29 23:59:59.999999")), ("at", datetime("2024-02-29 23:59:59.9"))])]).await;
    let rows = find(unit, &KINDS, Criterion::Always(true)).await;
    assert_eq!(rows[0].get("moment"), Some(&datetime("2024-02-29 23:59:59.999")));
    assert_eq!(rows[0].get("at"), Some(&datetime("2024-02-29 23:59:59")));
}

/// Documents keep the order of their keys and every digit.
pub async fn documents_keep_keys_and_digits(unit: &mut dyn UnitOfWork) {
    let text = r#"{"z":1.10,"a":[null,true,"é\"\\",{"deep":12345678901234567890.1}],"huge":1e+400,"empty":{}}"#;
    let document = read_json(text, 100).unwrap();
    insert(unit, &ORDERS, &[(1, &[("data_", document.clone()), ("orderNo", "X".into())])]).await;
    let rows = find(unit, &ORDERS, equals(&ORDERS, "orderNo", "X")).await;
    assert_eq!(rows[0].get("data_"), Some(&document));
    assert_eq!(json_text(rows[0].get("data_").unwrap(), JsonStyle::Document), json_text(&document, JsonStyle::Document));
}

/// What MySQL's own JSON keeps of a document: its values, as doubles where they are no integers; more is refused by name.
pub async fn documents_keep_what_doubles_keep(unit: &mut dyn UnitOfWork) {
    let document = read_json(r#"{"z":1.25,"a":[null,true,"é\"\\",{"deep":12345678901234567890}],"empty":{}}"#, 100).unwrap();
    insert(unit, &ORDERS, &[(1, &[("data_", document.clone()), ("orderNo", "X".into())])]).await;
    let rows = find(unit, &ORDERS, equals(&ORDERS, "orderNo", "X")).await;
    assert_eq!(rows[0].get("data_"), Some(&document));
    let huge = read_json(r#"{"huge":1e+400}"#, 100).unwrap();
    let refused = unit.insert(&ORDERS, &row(&ORDERS, 2, &[("data_", huge)])).await;
    assert!(matches!(&refused, Err(StoreError::ValueNotStorable { factor, .. }) if factor == "data_"), "{refused:?}");
}

/// A unique violation says so, and what was done before and after it stays.
pub async fn unique_conflict_leaves_the_transaction_usable(unit: &mut dyn UnitOfWork) {
    let policies = &*POLICIES;
    let key = |part: i64| [("code", Value::from("A")), ("part", part.into())];
    unit.begin().await.unwrap();
    insert(unit, policies, &[(1, &key(1))]).await;
    let refused = unit.insert(policies, &row(policies, 2, &key(1))).await;
    assert!(matches!(&refused, Err(StoreError::InsertConflict { table, .. }) if table == "topic_policy"), "{refused:?}");
    let same_id = unit.insert(policies, &row(policies, 1, &key(7))).await;
    assert!(matches!(same_id, Err(StoreError::InsertConflict { .. })), "{same_id:?}");
    insert(unit, policies, &[(3, &key(2))]).await;
    unit.commit().await.unwrap();
    assert_eq!(all_ids(unit, policies).await, [1, 3]);
}

/// Keys with a null in them are never equal.
pub async fn nulls_are_no_conflict(unit: &mut dyn UnitOfWork) {
    insert(unit, &POLICIES, &[(1, &[("code", "A".into())]), (2, &[("code", "A".into())]), (3, &[]), (4, &[])]).await;
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 2, 3, 4]);
}

/// An update may meet another row's key; its own is none.
pub async fn update_into_a_conflict(unit: &mut dyn UnitOfWork) {
    let key = |part: i64| [("code", Value::from("A")), ("part", part.into())];
    insert(unit, &POLICIES, &[(1, &key(1)), (2, &key(2))]).await;
    let refused = unit.update(&POLICIES, &row(&POLICIES, 2, &key(1)), None).await;
    assert!(matches!(refused, Err(StoreError::InsertConflict { .. })), "{refused:?}");
    assert_eq!(unit.update(&POLICIES, &row(&POLICIES, 2, &key(2)), None).await, Ok(1));
    assert_eq!(unit.update(&POLICIES, &row(&POLICIES, 2, &key(3)), None).await, Ok(1));
    insert(unit, &POLICIES, &[(3, &key(2))]).await;
}

/// A tenant neither sees nor changes nor blocks the rows of another (D-18).
pub async fn tenants_do_not_meet(unit: &mut dyn UnitOfWork) {
    let policies = &*POLICIES;
    let key = [("code", Value::from("A")), ("part", 1.into())];
    unit.insert(policies, &row_of(policies, "1", 1, &key)).await.unwrap();
    unit.insert(policies, &row_of(policies, "2", 2, &key)).await.unwrap();
    for (tenant_id, id) in [("1", 1), ("2", 2)] {
        for criterion in [Criterion::Always(true), equals(policies, "code", "A"), Criterion::Any(vec![Criterion::Always(true), equals(policies, "id_", 1)])] {
            let query = Query { topic: policies, tenant_id, criterion, limit: 10, lock: true };
            let rows = unit.find(&query).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.get("id_")).collect::<Vec<_>>(), [Some(&Value::from(id))]);
        }
    }
    assert_eq!(unit.update(policies, &row_of(policies, "2", 1, &[]), None).await, Ok(0));
    assert_eq!(unit.delete(policies, "2", 1, None).await, Ok(0));
    assert_eq!(ids(unit, policies, equals(policies, "tenant_id_", "2")).await, [0_i64; 0]);
}

/// Rows come by `id_`, not as they were written; a limit cuts the end off.
pub async fn rows_come_in_the_order_of_their_ids(unit: &mut dyn UnitOfWork) {
    for id in [7, -3, 12, 1, i64::MAX] {
        insert(unit, &POLICIES, &[(id, &[("note", "same".into())])]).await;
    }
    assert_eq!(ids(unit, &POLICIES, equals(&POLICIES, "note", "same")).await, [-3, 1, 7, 12, i64::MAX]);
    let query = Query { topic: &POLICIES, tenant_id: TENANT, criterion: Criterion::Always(true), limit: 2, lock: false };
    assert_eq!(unit.find(&query).await.unwrap().len(), 2);
}

/// A row is changed only while its version is the one that was read.
pub async fn versions_are_checked(unit: &mut dyn UnitOfWork) {
    let totals = &*TOTALS;
    insert(unit, totals, &[(1, &[("key", "k".into()), ("sum", 1.into())])]).await;
    let next = row(totals, 1, &[("key", "k".into()), ("sum", 2.into()), ("version_", 2.into())]);
    assert_eq!(unit.update(totals, &next, Some(1)).await, Ok(1));
    assert_eq!(unit.update(totals, &next, Some(1)).await, Ok(0));
    assert_eq!(unit.delete(totals, TENANT, 1, Some(1)).await, Ok(0));
    let rows = find(unit, totals, equals(totals, "version_", 2)).await;
    assert_eq!(rows[0].get("sum"), Some(&2.into()));
    assert_eq!(unit.delete(totals, TENANT, 1, Some(2)).await, Ok(1));
}

/// Topics that share a table see their own columns; an update leaves the others alone.
pub async fn shared_tables_give_each_topic_its_columns(unit: &mut dyn UnitOfWork) {
    insert(unit, &SHARED_A, &[(1, &[("both", "x".into()), ("only_a", "a".into())])]).await;
    insert(unit, &SHARED_B, &[(2, &[("both", "x".into()), ("only_b", 5.into())])]).await;
    let (a, b) = (find(unit, &SHARED_A, Criterion::Always(true)).await, find(unit, &SHARED_B, Criterion::Always(true)).await);
    assert_eq!((a.len(), b.len()), (2, 2));
    assert_eq!((a[0].get("only_a"), a[0].get("only_b")), (Some(&"a".into()), None));
    assert_eq!((b[1].get("only_b"), b[0].get("only_b")), (Some(&5.into()), Some(&Value::Null)));
    assert_eq!(unit.update(&SHARED_B, &row(&SHARED_B, 1, &[("both", "y".into())]), None).await, Ok(1));
    let a = find(unit, &SHARED_A, equals(&SHARED_A, "id_", 1)).await;
    assert_eq!((a[0].get("both"), a[0].get("only_a")), (Some(&"y".into()), Some(&"a".into())));
}
