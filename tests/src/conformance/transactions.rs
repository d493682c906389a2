//! Transactions and savepoints.

use nightowl_core::port::{StoreError, UnitOfWork};
use nightowl_core::value::Value;

use super::topics::{POLICIES, TENANT, all_ids, equals, find, insert, row};

fn key(part: i64) -> [(&'static str, Value); 2] {
    [("code", "A".into()), ("part", part.into())]
}

/// A transaction is kept or undone as a whole, its changes and deletions too.
pub async fn commit_keeps_and_rollback_undoes(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    insert(unit, &POLICIES, &[(1, &key(1)), (2, &key(2))]).await;
    unit.commit().await.unwrap();
    unit.begin().await.unwrap();
    insert(unit, &POLICIES, &[(3, &key(3))]).await;
    unit.update(&POLICIES, &row(&POLICIES, 1, &[("note", "changed".into())]), None).await.unwrap();
    unit.delete(&POLICIES, TENANT, 2, None).await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 3]);
    unit.rollback().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 2]);
    assert_eq!(find(unit, &POLICIES, equals(&POLICIES, "id_", 1)).await[0].get("part"), Some(&1.into()));
    // The keys of what was undone are free, those of what came back are taken.
    insert(unit, &POLICIES, &[(4, &key(3))]).await;
    assert!(unit.insert(&POLICIES, &row(&POLICIES, 5, &key(2))).await.is_err());
    unit.rollback().await.unwrap();
}

/// Savepoints end from the innermost on.
pub async fn savepoints_nest(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    insert(unit, &POLICIES, &[(1, &key(1))]).await;
    unit.savepoint().await.unwrap();
    insert(unit, &POLICIES, &[(2, &key(2))]).await;
    unit.savepoint().await.unwrap();
    insert(unit, &POLICIES, &[(3, &key(3))]).await;
    unit.rollback_to_savepoint().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 2]);
    unit.savepoint().await.unwrap();
    insert(unit, &POLICIES, &[(4, &key(4))]).await;
    unit.release().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 2, 4]);
    unit.rollback_to_savepoint().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1]);
    insert(unit, &POLICIES, &[(5, &key(2))]).await;
    unit.commit().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 5]);
}

/// After a failure the savepoint can be given up, and the transaction goes on.
pub async fn a_failing_statement_inside_a_savepoint(unit: &mut dyn UnitOfWork) {
    unit.begin().await.unwrap();
    insert(unit, &POLICIES, &[(1, &key(1))]).await;
    unit.savepoint().await.unwrap();
    insert(unit, &POLICIES, &[(2, &key(2))]).await;
    assert!(matches!(unit.insert(&POLICIES, &row(&POLICIES, 3, &key(1))).await, Err(StoreError::InsertConflict { .. })));
    unit.rollback_to_savepoint().await.unwrap();
    insert(unit, &POLICIES, &[(4, &key(4))]).await;
    unit.commit().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1, 4]);
}

/// What has no sense is an error and changes nothing; a rollback without a transaction is nothing.
pub async fn misuse_is_refused(unit: &mut dyn UnitOfWork) {
    unit.rollback().await.unwrap();
    assert!(unit.commit().await.is_err());
    assert!(unit.savepoint().await.is_err());
    assert!(unit.release().await.is_err());
    assert!(unit.rollback_to_savepoint().await.is_err());
    unit.begin().await.unwrap();
    assert!(unit.begin().await.is_err());
    assert!(unit.release().await.is_err());
    assert!(unit.insert(&POLICIES, &[Value::from(1)]).await.is_err(), "a row without all its columns");
    insert(unit, &POLICIES, &[(1, &key(1))]).await;
    unit.commit().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1]);
}

/// Without `begin` a statement is there at once.
pub async fn outside_of_a_transaction_each_statement_commits(unit: &mut dyn UnitOfWork) {
    insert(unit, &POLICIES, &[(1, &key(1))]).await;
    unit.rollback().await.unwrap();
    unit.begin().await.unwrap();
    unit.rollback().await.unwrap();
    assert_eq!(all_ids(unit, &POLICIES).await, [1]);
}

/// Recording gives what was sent since it was last asked, and only while it is on.
pub async fn statements_are_recorded(unit: &mut dyn UnitOfWork) {
    insert(unit, &POLICIES, &[(1, &key(1))]).await;
    assert!(unit.take_statements().is_empty());
    unit.record_statements(true);
    insert(unit, &POLICIES, &[(2, &key(2))]).await;
    find(unit, &POLICIES, equals(&POLICIES, "code", "A")).await;
    let recorded = unit.take_statements();
    assert_eq!(recorded.len(), 2);
    assert!(recorded[0].0.contains("topic_policy") && recorded[0].1.contains(&"A".to_owned()), "{recorded:?}");
    assert!(unit.take_statements().is_empty());
    unit.record_statements(false);
    insert(unit, &POLICIES, &[(3, &key(3))]).await;
    assert!(unit.take_statements().is_empty());
}
