//! What `nightowl-auth` asks of a store, answered from META.

use async_trait::async_trait;
use chrono::NaiveDateTime;
use nightowl_auth::{Audit, Class, KeyId, Pat, PatId, PatStore, Role, StoreFault, Tenant, TenantId, TenantStore, Token, TokenHash, User, UserId, UserStore};
use nightowl_core::error::{Coded, ErrorClass};

use super::MetaError;
use super::pats::{self, PatKey, PatOwner};
use super::row::{self, Row};
use super::table::{TENANTS, Table, USERS};
use crate::sql::SqlSession;
use crate::store::{BoxFuture, Store};

/// Users, tenants and tokens of a store, as `nightowl-auth` asks for them.
#[derive(Debug, Clone)]
pub struct AuthStore {
    store: Store,
}

impl AuthStore {
    /// Those of the default store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    async fn read<T, F>(&self, job: F) -> Result<T, StoreFault>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, Result<T, MetaError>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.read(job).await.map_err(|error| fault(&error.into()))?.map_err(|error| fault(&error))
    }

    async fn write<T, F>(&self, job: F) -> Result<T, StoreFault>
    where
        F: for<'a> FnOnce(&'a mut dyn SqlSession) -> BoxFuture<'a, Result<T, MetaError>> + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(job).await.map_err(|error| fault(&error.into()))?.map_err(|error| fault(&error))
    }
}

#[async_trait]
impl PatStore for AuthStore {
    async fn find_by_key_id(&self, key_id: &KeyId) -> Result<Option<Pat>, StoreFault> {
        let key_id = key_id.clone();
        let found = self.read(move |session| Box::pin(async move { pats::find_pats(session, PatKey::KeyId(key_id.as_str())).await })).await?;
        Ok(found.into_iter().next())
    }

    async fn find_by_hash(&self, hash: &TokenHash) -> Result<Vec<Pat>, StoreFault> {
        let hash = hash.clone();
        self.read(move |session| Box::pin(async move { pats::find_pats(session, PatKey::Stored(hash.as_str())).await })).await
    }

    async fn find_by_clear_text(&self, token: &Token) -> Result<Vec<Pat>, StoreFault> {
        let token = token.clone();
        self.read(move |session| Box::pin(async move { pats::find_pats(session, PatKey::Stored(token.expose())).await })).await
    }

    async fn find_pat(&self, pat_id: &PatId) -> Result<Option<Pat>, StoreFault> {
        let pat_id = pat_id.clone();
        let found = self.read(move |session| Box::pin(async move { pats::find_pats(session, PatKey::Id(pat_id.as_str())).await })).await?;
        Ok(found.into_iter().next())
    }

    async fn insert_pat(&self, pat: &Pat) -> Result<(), StoreFault> {
        let pat = pat.clone();
        self.write(move |session| Box::pin(async move { pats::insert_pat(session, &pat).await })).await
    }

    async fn list_of_user(&self, user_id: &UserId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault> {
        let user_id = user_id.clone();
        self.read(move |session| Box::pin(async move { pats::list_pats(session, PatOwner::User(user_id.as_str()), with_revoked).await })).await
    }

    async fn list_of_tenant(&self, tenant_id: &TenantId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault> {
        let tenant_id = tenant_id.clone();
        self.read(move |session| Box::pin(async move { pats::list_pats(session, PatOwner::Tenant(tenant_id.as_str()), with_revoked).await })).await
    }

    async fn revoke(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault> {
        let pat_id = pat_id.clone();
        self.write(move |session| Box::pin(async move { pats::revoke_pat(session, pat_id.as_str(), at).await })).await
    }

    async fn note_use(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault> {
        let pat_id = pat_id.clone();
        self.write(move |session| Box::pin(async move { pats::note_use_of_pat(session, pat_id.as_str(), at).await })).await
    }

    async fn rehash(&self, pat_id: &PatId, hash: &TokenHash) -> Result<(), StoreFault> {
        let (pat_id, hash) = (pat_id.clone(), hash.clone());
        self.write(move |session| Box::pin(async move { pats::rehash_pat(session, pat_id.as_str(), hash.as_str()).await })).await
    }
}

#[async_trait]
impl UserStore for AuthStore {
    async fn find_user(&self, user_id: &UserId) -> Result<Option<User>, StoreFault> {
        let id = user_id.as_str().to_owned();
        self.read(move |session| Box::pin(async move { find_one(session, &USERS, "user", "user_id", &id, read_user).await })).await
    }

    async fn find_user_by_name(&self, name: &str) -> Result<Option<User>, StoreFault> {
        let name = name.to_owned();
        self.read(move |session| Box::pin(async move { find_one(session, &USERS, "user", "name", &name, read_user).await })).await
    }
}

#[async_trait]
impl TenantStore for AuthStore {
    async fn find_tenant(&self, tenant_id: &TenantId) -> Result<Option<Tenant>, StoreFault> {
        let id = tenant_id.as_str().to_owned();
        self.read(move |session| Box::pin(async move { find_one(session, &TENANTS, "tenant", "tenant_id", &id, read_tenant).await })).await
    }
}

async fn find_one<T>(
    session: &mut dyn SqlSession,
    table: &'static Table,
    kind: &'static str,
    column: &str,
    value: &str,
    read: fn(&Row) -> Result<T, MetaError>,
) -> Result<Option<T>, MetaError> {
    let rows = row::select(session, table, kind, &format!("{{{column}}} = ?"), &[row::text(value)]).await?;
    match rows.as_slice() {
        [] => Ok(None),
        [only] => read(only).map(Some),
        _ => Err(MetaError::TooMany { kind, id: value.to_owned() }),
    }
}

fn read_user(row: &Row) -> Result<User, MetaError> {
    let role = row.text("role");
    Ok(User {
        user_id: UserId::new(row.text("user_id")),
        tenant_id: TenantId::new(row.text("tenant_id")),
        name: row.text("name"),
        nick_name: row.optional("nickname"),
        password: row.filled("password").map(Into::into),
        email: row.optional("email"),
        is_active: row.flag("is_active"),
        group_ids: row.texts("group_ids"),
        role: Role::parse(&role).map_err(|_| row.damaged("role", format!("holds \"{role}\"")))?,
        audit: read_audit(row)?,
        version: row.integer("version").unwrap_or(1),
    })
}

fn read_tenant(row: &Row) -> Result<Tenant, MetaError> {
    Ok(Tenant {
        tenant_id: TenantId::new(row.text("tenant_id")),
        name: row.optional("name"),
        enable_ai: row.flag("enable_ai"),
        audit: read_audit(row)?,
        version: row.integer("version").unwrap_or(1),
    })
}

fn read_audit(row: &Row) -> Result<Audit, MetaError> {
    Ok(Audit {
        created_at: row.required_moment("created_at")?,
        created_by: UserId::new(row.text("created_by")),
        last_modified_at: row.required_moment("last_modified_at")?,
        last_modified_by: UserId::new(row.text("last_modified_by")),
    })
}

/// An error of META as `nightowl-auth` knows it.
fn fault(error: &MetaError) -> StoreFault {
    let class = match error.class() {
        ErrorClass::Reject => Class::Reject,
        ErrorClass::Retry => Class::Retry,
        ErrorClass::Fatal => Class::Fatal,
        ErrorClass::Bug => Class::Bug,
    };
    StoreFault { code: error.code(), class, message: error.to_string() }
}
