//! What this crate asks of the world.

use async_trait::async_trait;
use chrono::NaiveDateTime;

use crate::{
    error::StoreFault,
    id::{KeyId, PatId, TenantId, UserId},
    row::{Pat, Tenant, User},
    token::{Token, TokenHash},
};

/// The time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> NaiveDateTime;
}

/// The rows of `pats`, over all tenants.
#[async_trait]
pub trait PatStore: Send + Sync {
    /// The row of a key id, which is unique; revoked and expired ones too.
    async fn find_by_key_id(&self, key_id: &KeyId) -> Result<Option<Pat>, StoreFault>;

    /// Rows whose column `token` is this hash; at most two are of interest. For legacy tokens only.
    async fn find_by_hash(&self, hash: &TokenHash) -> Result<Vec<Pat>, StoreFault>;

    /// Rows whose column `token` is this token in clear; at most two are of interest. For legacy tokens only.
    async fn find_by_clear_text(&self, token: &Token) -> Result<Vec<Pat>, StoreFault>;

    /// One row by its id.
    async fn find_pat(&self, pat_id: &PatId) -> Result<Option<Pat>, StoreFault>;

    /// Keeps a new row. A key id that exists already is a fault of code `storage-insert-conflict`.
    async fn insert_pat(&self, pat: &Pat) -> Result<(), StoreFault>;

    /// A user's rows, oldest first; revoked ones when asked for.
    async fn list_of_user(&self, user_id: &UserId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault>;

    /// A tenant's rows, oldest first; revoked ones when asked for.
    async fn list_of_tenant(&self, tenant_id: &TenantId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault>;

    /// Sets `revoked_at` where it is not set. An unknown id changes nothing; the row stays for the audit.
    async fn revoke(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault>;

    /// Sets `last_used_at`.
    async fn note_use(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault>;

    /// Replaces a token in clear by its hash.
    async fn rehash(&self, pat_id: &PatId, hash: &TokenHash) -> Result<(), StoreFault>;
}

/// The rows of `users`, over all tenants.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// One user by id, active or not.
    async fn find_user(&self, user_id: &UserId) -> Result<Option<User>, StoreFault>;

    /// One user by exact name, active or not; names are unique across tenants.
    async fn find_user_by_name(&self, name: &str) -> Result<Option<User>, StoreFault>;
}

/// The rows of `tenants`.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// One tenant by id.
    async fn find_tenant(&self, tenant_id: &TenantId) -> Result<Option<Tenant>, StoreFault>;
}
