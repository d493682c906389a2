//! Rows of users, tenants and tokens (`storage.md §15.3`).
//!
//! Times are naive, in the one configured zone (`storage.md` D12), unless they say otherwise.

use chrono::NaiveDateTime;
use secrecy::SecretString;

use crate::{
    id::{KeyId, PatId, TenantId, UserId},
    pat::{Expiry, Scopes},
    role::Role,
    token::{StoredToken, mask_key, mask_legacy},
};

/// Who made and changed a row, and when (`storage.md §15.2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// By whom.
    pub created_by: UserId,
    /// When it was changed last.
    pub last_modified_at: NaiveDateTime,
    /// By whom.
    pub last_modified_by: UserId,
}

/// A row of `tenants`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The id.
    pub tenant_id: TenantId,
    /// The name.
    pub name: Option<String>,
    /// Kept for the reference; nothing of ours asks for it.
    pub enable_ai: bool,
    /// Who and when.
    pub audit: Audit,
    /// The optimistic version.
    pub version: i64,
}

/// A row of `users`. `Debug` does not show the password's hash.
#[derive(Debug, Clone)]
pub struct User {
    /// The id.
    pub user_id: UserId,
    /// The tenant; `-1` for super admins.
    pub tenant_id: TenantId,
    /// The name, unique across tenants.
    pub name: String,
    /// The nickname.
    pub nick_name: Option<String>,
    /// The password's hash: argon2id, or bcrypt in rows of the reference.
    pub password: Option<SecretString>,
    /// The address.
    pub email: Option<String>,
    /// Whether the user may do anything at all.
    pub is_active: bool,
    /// The user's groups.
    pub group_ids: Vec<String>,
    /// The role.
    pub role: Role,
    /// Who and when.
    pub audit: Audit,
    /// The optimistic version.
    pub version: i64,
}

/// A row of `pats`. `Debug` does not show the token.
#[derive(Debug, Clone)]
pub struct Pat {
    /// The id of the row.
    pub pat_id: PatId,
    /// The token's public part; none in rows of the reference.
    pub key_id: Option<KeyId>,
    /// The token's hash or, in rows of the reference, the token.
    pub token: StoredToken,
    /// Whose token it is.
    pub user_id: UserId,
    /// The user's name when it was issued.
    pub username: Option<String>,
    /// The user's tenant when it was issued.
    pub tenant_id: TenantId,
    /// What the owner wrote to it.
    pub note: Option<String>,
    /// Until when it is good.
    pub expired: Expiry,
    /// The scopes, column `permissions`.
    pub permissions: Scopes,
    /// When it was issued.
    pub created_at: NaiveDateTime,
    /// Who issued it; none in rows of the reference.
    pub created_by: Option<UserId>,
    /// When it was used last, up to an hour late.
    pub last_used_at: Option<NaiveDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<NaiveDateTime>,
}

impl Pat {
    /// How lists show the token: `ntwl_<key id>…`, the first four characters of one in clear, else `…`.
    #[must_use]
    pub fn masked(&self) -> String {
        match &self.key_id {
            Some(key_id) => mask_key(key_id),
            None if self.token.is_hash() => "…".to_owned(),
            None => mask_legacy(self.token.expose()),
        }
    }
}
