//! The first start, and every later one.

use nightowl_core::compile::ColumnKind;
use nightowl_core::model::{Tenant, UserDefinition};
use nightowl_core::value::Value;
use nightowl_storage::meta::{find, find_by_name, is_empty, plan_schema};

use super::support::{fresh, on, open, start_store};

#[tokio::test]
async fn the_first_start_makes_everything_once() {
    let store = open("sqlite::memory:");
    assert!(on!(store, session => is_empty(session).await.unwrap()));
    let first = start_store(&store).await;
    assert!(first.first && first.schema.created);
    assert!(!on!(store, session => is_empty(session).await.unwrap()));
    let again = start_store(&store).await;
    assert!(!again.first);
    assert_eq!(again.schema.statements, Vec::<String>::new());
}

#[tokio::test]
async fn tenant_and_users_are_as_the_reference_ships_them() {
    let store = fresh().await;
    let (tenant, root, admin, nobody) = on!(store, session => {
        let tenant = find::<Tenant>(session, "1").await.unwrap().unwrap();
        let root = find_by_name::<UserDefinition>(session, "", "imma-super").await.unwrap().unwrap();
        let admin = find::<UserDefinition>(session, "2").await.unwrap().unwrap();
        let nobody = find_by_name::<UserDefinition>(session, "", "imma-user").await.unwrap();
        (tenant, root, admin, nobody)
    });
    assert_eq!(tenant.tuple.name, "IMMA");
    assert_eq!((root.tuple.user_id.as_str(), root.tuple.role.as_str(), root.tuple.tenant_id.as_deref()), ("1", "superadmin", Some("-1")));
    assert_eq!((admin.tuple.name.as_str(), admin.tuple.role.as_str(), admin.tuple.tenant_id.as_deref()), ("imma-admin", "admin", Some("1")));
    assert_eq!(admin.tuple.password.as_deref(), Some("$argon2id$admin"));
    assert!(admin.tuple.is_active && admin.version == 1);
    assert_eq!(nobody, None);
}

#[tokio::test]
async fn two_processes_that_start_together_make_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("both.db").display());
    let (left, right) = (open(&url), open(&url));
    let (one, other) = tokio::join!(start_store(&left), start_store(&right));
    assert!(one.first ^ other.first);
    let users = on!(left, session => {
        let rows = session.query("SELECT COUNT(*) FROM users", &[], &[ColumnKind::Integer { bits: 64 }]).await.unwrap();
        rows.first().and_then(|row| row.first()).cloned().unwrap()
    });
    assert_eq!(users, Value::from(2));
}

#[tokio::test]
async fn an_existing_store_gets_what_is_ours_and_nothing_else() {
    let store = fresh().await;
    on!(store, session => {
        for statement in [
            "DROP INDEX u_pats_1", "ALTER TABLE pats DROP COLUMN key_id", "ALTER TABLE pats DROP COLUMN revoked_at",
            "ALTER TABLE snowflake_workers DROP COLUMN lease_token", "DROP TABLE nightowl_audit",
        ] {
            session.execute(statement, &[]).await.unwrap();
        }
    });
    let planned = on!(store, session => plan_schema(session).await.unwrap());
    assert!(!planned.created);
    assert_eq!(
        planned.statements,
        [
            r#"ALTER TABLE "pats" ADD COLUMN "key_id" TEXT"#,
            r#"ALTER TABLE "pats" ADD COLUMN "revoked_at" TEXT"#,
            r#"CREATE UNIQUE INDEX "u_pats_1" ON "pats" ("key_id")"#,
            r#"ALTER TABLE "snowflake_workers" ADD COLUMN "lease_token" TEXT"#,
            r#"CREATE TABLE "nightowl_audit" ("audit_id" INTEGER NOT NULL, "at" TEXT NOT NULL, "user_id" TEXT NOT NULL, "action" TEXT NOT NULL, "tuple" TEXT NOT NULL, "hash_before" TEXT, "hash_after" TEXT, "format" INTEGER DEFAULT 1 NOT NULL, CONSTRAINT "pk_nightowl_audit" PRIMARY KEY ("audit_id")) STRICT"#,
            r#"CREATE INDEX "i_nightowl_audit_1" ON "nightowl_audit" ("user_id")"#,
        ]
    );
    assert_eq!(start_store(&store).await.schema, planned);
    assert_eq!(start_store(&store).await.schema.statements.len(), 0);
}
