//! The first start on an empty store: its tables, tenant 1, the super admin, the admin (storage.md §20).

use chrono::NaiveDateTime;

use super::MetaError;
use super::history::DEFAULT_PACKAGE_VERSION;
use super::row::{self, Cell};
use super::schema::{SchemaChange, apply_schema};
use super::sql::{begin, finish};
use super::table::{PACKAGE_VERSIONS, TENANTS, USERS};
use crate::snowflake;
use crate::sql::{SqlSession, SqlValue, structure_lock};

/// The tenant that the first start makes.
pub const FIRST_TENANT_ID: &str = "1";
/// The super admin's own tenant: none of the working ones.
pub const SUPER_ADMIN_TENANT_ID: &str = "-1";
/// The super admin's name.
pub const SUPER_ADMIN_NAME: &str = "imma-super";
/// The name of tenant 1's admin.
pub const FIRST_ADMIN_NAME: &str = "imma-admin";

/// What the first start needs. Hashing is done by the caller, and only kept here.
#[derive(Clone)]
pub struct FirstStart {
    /// The hash of the super admin's password.
    pub super_admin_password_hash: String,
    /// The hash of the admin's password.
    pub admin_password_hash: String,
    /// Now, in the configured zone.
    pub at: NaiveDateTime,
}

impl std::fmt::Debug for FirstStart {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("FirstStart").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What a start has done to META.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Started {
    /// Whether this process made tenant 1 and its users, so that their passwords have to be told.
    pub first: bool,
    /// What was done to the tables.
    pub schema: SchemaChange,
}

/// Whether the store has no tenant yet, so that [`start`] will want password hashes. Hashing takes long; this does not.
pub async fn is_empty(session: &mut dyn SqlSession) -> Result<bool, MetaError> {
    let planned = super::schema::plan_schema(session).await?;
    if planned.created {
        return Ok(true);
    }
    Ok(!has_tenants(session).await?)
}

/// Whether [`start`] would find nothing to do. Only reads, so that processes that start together do not wait for each other.
pub async fn is_started(session: &mut dyn SqlSession) -> Result<bool, MetaError> {
    let planned = super::schema::plan_schema(session).await?;
    Ok(planned.statements.is_empty() && has_tenants(session).await?)
}

/// Brings META up to date, and fills it where it has no tenant yet: all in one transaction, so that two processes that
/// start together make everything once. On a store that has tenants it adds nothing but tables and columns of ours.
pub async fn start(session: &mut dyn SqlSession, first: &FirstStart) -> Result<Started, MetaError> {
    structure_lock::lock(session).await?;
    let done = start_alone(session, first).await;
    structure_lock::unlock(session, done).await
}

/// Where DDL commits by itself the tables come first; what fills them is one transaction on every dialect.
async fn start_alone(session: &mut dyn SqlSession, first: &FirstStart) -> Result<Started, MetaError> {
    let made = if session.dialect().ddl_in_transaction() { None } else { Some(apply_schema(session).await?) };
    begin(session).await?;
    let done = start_in_transaction(session, first, made).await;
    finish(session, done).await
}

async fn start_in_transaction(session: &mut dyn SqlSession, first: &FirstStart, made: Option<SchemaChange>) -> Result<Started, MetaError> {
    let schema = match made {
        Some(schema) => schema,
        None => apply_schema(session).await?,
    };
    if has_tenants(session).await? {
        return Ok(Started { first: false, schema });
    }
    row::insert(session, &TENANTS, audited(first, vec![("tenant_id", row::text(FIRST_TENANT_ID)), ("name", row::text("IMMA"))], true)).await?;
    let super_admin = user("1", SUPER_ADMIN_NAME, "IMMA Super", "superadmin", SUPER_ADMIN_TENANT_ID, &first.super_admin_password_hash);
    row::insert(session, &USERS, audited(first, super_admin, true)).await?;
    let admin = user("2", FIRST_ADMIN_NAME, "IMMA Admin", "admin", FIRST_TENANT_ID, &first.admin_password_hash);
    row::insert(session, &USERS, audited(first, admin, true)).await?;
    let package = vec![
        ("version_id", row::text("1")),
        ("previous_version", row::text(DEFAULT_PACKAGE_VERSION)),
        ("current_version", row::text(DEFAULT_PACKAGE_VERSION)),
        ("tenant_id", row::text(FIRST_TENANT_ID)),
    ];
    row::insert(session, &PACKAGE_VERSIONS, audited(first, package, false)).await?;
    snowflake::insert_missing_workers(session, 0).await?;
    Ok(Started { first: true, schema })
}

fn user(id: &str, name: &str, nickname: &str, role: &str, tenant_id: &str, password_hash: &str) -> Vec<Cell> {
    vec![
        ("user_id", row::text(id)),
        ("name", row::text(name)),
        ("nickname", row::text(nickname)),
        ("password", row::text(password_hash)),
        ("is_active", row::flag(true)),
        ("group_ids", SqlValue::Json("[]".to_owned())),
        ("role", row::text(role)),
        ("tenant_id", row::text(tenant_id)),
    ]
}

/// Audit columns of rows that nobody in particular has made: the super admin's.
fn audited(first: &FirstStart, mut cells: Vec<Cell>, versioned: bool) -> Vec<Cell> {
    let at = SqlValue::DateTime(first.at);
    cells.extend([("created_at", at.clone()), ("created_by", row::text("1")), ("last_modified_at", at), ("last_modified_by", row::text("1"))]);
    if versioned {
        cells.push(("version", SqlValue::Integer(1)));
    }
    cells
}

async fn has_tenants(session: &mut dyn SqlSession) -> Result<bool, MetaError> {
    let rows = row::select(session, &TENANTS, "tenant", "1 = 1 LIMIT 1", &[]).await?;
    Ok(!rows.is_empty())
}
