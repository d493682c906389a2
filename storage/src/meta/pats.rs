//! Personal access tokens (storage.md §15.3 `pats`, surface.md §2.4). `token` holds a hash, or what the reference stored.

use chrono::NaiveDateTime;
use nightowl_auth::{Expiry, KeyId, Pat, PatId, Scopes, StoredToken, TenantId, UserId};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::PATS;
use crate::sql::{SqlSession, SqlValue};

const KIND: &str = "token";
/// Ids are in order of time, and longer ones are later: so this is the order of their making.
const OLDEST_FIRST: &str = "ORDER BY {created_at}, {pat_id}";

/// How tokens are looked for.
#[derive(Debug, Clone, Copy)]
pub enum PatKey<'a> {
    /// By the id of the row.
    Id(&'a str),
    /// By the public part of the token.
    KeyId(&'a str),
    /// By what the column `token` holds.
    Stored(&'a str),
}

/// Whose tokens are listed.
#[derive(Debug, Clone, Copy)]
pub enum PatOwner<'a> {
    /// A user's.
    User(&'a str),
    /// A tenant's.
    Tenant(&'a str),
}

/// The tokens of a key, across all tenants, revoked and expired ones too; at most two, since more than one of a kind is
/// an error for the caller.
pub async fn find_pats(session: &mut dyn SqlSession, key: PatKey<'_>) -> Result<Vec<Pat>, MetaError> {
    let (column, value) = match key {
        PatKey::Id(id) => ("pat_id", id),
        PatKey::KeyId(id) => ("key_id", id),
        PatKey::Stored(token) => ("token", token),
    };
    let rows = row::select(session, &PATS, KIND, &format!("{{{column}}} = ? {OLDEST_FIRST} LIMIT 2"), &[row::text(value)]).await?;
    rows.iter().map(read).collect()
}

/// The tokens of an owner, oldest first.
pub async fn list_pats(session: &mut dyn SqlSession, owner: PatOwner<'_>, with_revoked: bool) -> Result<Vec<Pat>, MetaError> {
    let (column, value) = match owner {
        PatOwner::User(id) => ("user_id", id),
        PatOwner::Tenant(id) => ("tenant_id", id),
    };
    let only_valid = if with_revoked { "" } else { "AND {revoked_at} IS NULL " };
    let rows = row::select(session, &PATS, KIND, &format!("{{{column}}} = ? {only_valid}{OLDEST_FIRST}"), &[row::text(value)]).await?;
    rows.iter().map(read).collect()
}

/// Keeps a new token.
pub async fn insert_pat(session: &mut dyn SqlSession, pat: &Pat) -> Result<(), MetaError> {
    row::insert(session, &PATS, cells(pat)).await
}

/// Revokes a token that is not revoked yet; the row stays for the audit.
pub async fn revoke_pat(session: &mut dyn SqlSession, pat_id: &str, at: NaiveDateTime) -> Result<(), MetaError> {
    let cells = vec![("revoked_at", SqlValue::DateTime(at))];
    row::update(session, &PATS, cells, "{pat_id} = ? AND {revoked_at} IS NULL", vec![row::text(pat_id)]).await?;
    Ok(())
}

/// Notes that a token was used.
pub async fn note_use_of_pat(session: &mut dyn SqlSession, pat_id: &str, at: NaiveDateTime) -> Result<(), MetaError> {
    row::update(session, &PATS, vec![("last_used_at", SqlValue::DateTime(at))], "{pat_id} = ?", vec![row::text(pat_id)]).await?;
    Ok(())
}

/// Replaces what the column `token` holds.
pub async fn rehash_pat(session: &mut dyn SqlSession, pat_id: &str, hash: &str) -> Result<(), MetaError> {
    row::update(session, &PATS, vec![("token", row::text(hash))], "{pat_id} = ?", vec![row::text(pat_id)]).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Pat, MetaError> {
    Ok(Pat {
        pat_id: PatId::new(row.text("pat_id")),
        key_id: row.filled("key_id").map(KeyId::new),
        token: StoredToken::new(row.text("token")),
        user_id: UserId::new(row.text("user_id")),
        username: row.optional("username"),
        tenant_id: TenantId::new(row.text("tenant_id")),
        note: row.optional("note"),
        expired: Expiry::from_stored(row.moment("expired")),
        permissions: Scopes::from(row.texts("permissions")),
        created_at: row.required_moment("created_at")?,
        created_by: row.filled("created_by").map(UserId::new),
        last_used_at: row.moment("last_used_at"),
        revoked_at: row.moment("revoked_at"),
    })
}

fn cells(pat: &Pat) -> Vec<Cell> {
    let permissions: Vec<String> = pat.permissions.clone().into();
    vec![
        ("pat_id", row::text(pat.pat_id.as_str())),
        ("token", row::text(pat.token.expose())),
        ("user_id", row::text(pat.user_id.as_str())),
        ("username", row::optional(pat.username.as_deref())),
        ("tenant_id", row::text(pat.tenant_id.as_str())),
        ("note", row::optional(pat.note.as_deref())),
        ("expired", row::moment(pat.expired.to_stored())),
        ("permissions", row::json(&serde_json::Value::from(permissions))),
        ("created_at", SqlValue::DateTime(pat.created_at)),
        ("created_by", row::optional(pat.created_by.as_ref().map(UserId::as_str))),
        ("key_id", row::optional(pat.key_id.as_ref().map(KeyId::as_str))),
        ("last_used_at", row::moment(pat.last_used_at)),
        ("revoked_at", row::moment(pat.revoked_at)),
    ]
}
