//! The ports in memory: for tests here and of whoever embeds this crate.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta};

use crate::{
    error::{Class, StoreFault},
    id::{KeyId, PatId, TenantId, UserId},
    port::{Clock, PatStore, TenantStore, UserStore},
    role::Role,
    row::{Audit, Pat, Tenant, User},
    token::{Token, TokenHash},
};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<NaiveDateTime>);

impl ManualClock {
    /// A clock that shows this time, in UTC.
    #[must_use]
    pub fn at(now: NaiveDateTime) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves it.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = lock(&self.0);
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> NaiveDateTime {
        *lock(&self.0)
    }
}

/// Rows of tokens, users and tenants, with a count of the calls and a switch that makes them fail.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
    calls: AtomicUsize,
    writes_fail: Mutex<bool>,
}

#[derive(Debug, Default)]
struct Rows {
    pats: Vec<Pat>,
    users: Vec<User>,
    tenants: Vec<Tenant>,
}

impl MemoryStore {
    /// How often any port of this store was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Makes every write to a token's row fail from now on, or no longer.
    pub fn fail_writes(&self, fail: bool) {
        *lock(&self.writes_fail) = fail;
    }

    /// Keeps a user, in place of one with the same id.
    pub fn put_user(&self, user: User) {
        let mut rows = lock(&self.rows);
        rows.users.retain(|other| other.user_id != user.user_id);
        rows.users.push(user);
    }

    /// Keeps a tenant, in place of one with the same id.
    pub fn put_tenant(&self, tenant: Tenant) {
        let mut rows = lock(&self.rows);
        rows.tenants.retain(|other| other.tenant_id != tenant.tenant_id);
        rows.tenants.push(tenant);
    }

    /// Keeps a token's row, in place of one with the same id.
    pub fn put_pat(&self, pat: Pat) {
        let mut rows = lock(&self.rows);
        rows.pats.retain(|other| other.pat_id != pat.pat_id);
        rows.pats.push(pat);
    }

    fn read(&self) -> MutexGuard<'_, Rows> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        lock(&self.rows)
    }

    fn write(&self) -> Result<MutexGuard<'_, Rows>, StoreFault> {
        let rows = self.read();
        if *lock(&self.writes_fail) {
            let message = "failed to write: the store was told to fail".to_owned();
            return Err(StoreFault { code: "storage-unavailable", class: Class::Retry, message });
        }
        Ok(rows)
    }

    fn change(&self, pat_id: &PatId, change: impl FnOnce(&mut Pat)) -> Result<(), StoreFault> {
        let mut rows = self.write()?;
        if let Some(pat) = rows.pats.iter_mut().find(|pat| pat.pat_id == *pat_id) {
            change(pat);
        }
        Ok(())
    }
}

#[async_trait]
impl PatStore for MemoryStore {
    async fn find_by_key_id(&self, key_id: &KeyId) -> Result<Option<Pat>, StoreFault> {
        Ok(self.read().pats.iter().find(|pat| pat.key_id.as_ref() == Some(key_id)).cloned())
    }

    async fn find_by_hash(&self, hash: &TokenHash) -> Result<Vec<Pat>, StoreFault> {
        Ok(self.read().pats.iter().filter(|pat| pat.token.expose() == hash.as_str()).cloned().collect())
    }

    async fn find_by_clear_text(&self, token: &Token) -> Result<Vec<Pat>, StoreFault> {
        Ok(self.read().pats.iter().filter(|pat| pat.token.is_clear_text_of(token)).cloned().collect())
    }

    async fn find_pat(&self, pat_id: &PatId) -> Result<Option<Pat>, StoreFault> {
        Ok(self.read().pats.iter().find(|pat| pat.pat_id == *pat_id).cloned())
    }

    async fn insert_pat(&self, pat: &Pat) -> Result<(), StoreFault> {
        let mut rows = self.write()?;
        let is_there = |other: &Pat| other.pat_id == pat.pat_id || (pat.key_id.is_some() && other.key_id == pat.key_id);
        if rows.pats.iter().any(is_there) {
            let message = format!("failed to insert token {}: its id exists", pat.pat_id);
            return Err(StoreFault { code: "storage-insert-conflict", class: Class::Reject, message });
        }
        rows.pats.push(pat.clone());
        Ok(())
    }

    async fn list_of_user(&self, user_id: &UserId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault> {
        let fits = |pat: &&Pat| pat.user_id == *user_id && (with_revoked || pat.revoked_at.is_none());
        Ok(self.read().pats.iter().filter(fits).cloned().collect())
    }

    async fn list_of_tenant(&self, tenant_id: &TenantId, with_revoked: bool) -> Result<Vec<Pat>, StoreFault> {
        let fits = |pat: &&Pat| pat.tenant_id == *tenant_id && (with_revoked || pat.revoked_at.is_none());
        Ok(self.read().pats.iter().filter(fits).cloned().collect())
    }

    async fn revoke(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault> {
        self.change(pat_id, |pat| pat.revoked_at = pat.revoked_at.or(Some(at)))
    }

    async fn note_use(&self, pat_id: &PatId, at: NaiveDateTime) -> Result<(), StoreFault> {
        self.change(pat_id, |pat| pat.last_used_at = Some(at))
    }

    async fn rehash(&self, pat_id: &PatId, hash: &TokenHash) -> Result<(), StoreFault> {
        self.change(pat_id, |pat| pat.token = hash.clone().into())
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn find_user(&self, user_id: &UserId) -> Result<Option<User>, StoreFault> {
        Ok(self.read().users.iter().find(|user| user.user_id == *user_id).cloned())
    }

    async fn find_user_by_name(&self, name: &str) -> Result<Option<User>, StoreFault> {
        Ok(self.read().users.iter().find(|user| user.name == name).cloned())
    }
}

#[async_trait]
impl TenantStore for MemoryStore {
    async fn find_tenant(&self, tenant_id: &TenantId) -> Result<Option<Tenant>, StoreFault> {
        Ok(self.read().tenants.iter().find(|tenant| tenant.tenant_id == *tenant_id).cloned())
    }
}

/// An active user without a password, made at the beginning of 2026.
#[must_use]
pub fn user(user_id: &str, tenant_id: &str, name: &str, role: Role) -> User {
    User {
        user_id: UserId::new(user_id),
        tenant_id: TenantId::new(tenant_id),
        name: name.to_owned(),
        nick_name: None,
        password: None,
        email: None,
        is_active: true,
        group_ids: Vec::new(),
        role,
        audit: audit(),
        version: 1,
    }
}

/// A tenant, made at the beginning of 2026.
#[must_use]
pub fn tenant(tenant_id: &str, name: &str) -> Tenant {
    Tenant { tenant_id: TenantId::new(tenant_id), name: Some(name.to_owned()), enable_ai: false, audit: audit(), version: 1 }
}

fn audit() -> Audit {
    // 2026-01-01T00:00:00.
    let at = NaiveDateTime::default() + TimeDelta::seconds(1_767_225_600);
    let by = UserId::new("1");
    Audit { created_at: at, created_by: by.clone(), last_modified_at: at, last_modified_by: by }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
