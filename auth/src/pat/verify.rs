//! Verifying a token: who is this, if anybody (`surface.md §2.4`).

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use crate::{
    authenticator::Provider,
    cache::{Cache, Verified},
    error::AuthError,
    id::{PatId, UserId},
    pat::expiry::local,
    port::{Clock, PatStore, UserStore},
    principal::Principal,
    row::Pat,
    token::{Shape, Token, TokenHash},
};

/// The longest time for which a verified token may be trusted without a look at the store.
const MAX_CACHE_SECONDS: u64 = 10;

/// How tokens are verified; the settings `auth.…` of the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatSettings {
    /// The configured zone, in which days of expiry end.
    pub zone: Tz,
    /// Whether the reference's tokens of 22 characters are looked up; default false.
    pub legacy_pats: bool,
    /// Whether a legacy token found in clear is replaced by its hash; default true.
    pub rehash_legacy: bool,
    /// How long a verified token is trusted, 0 to 10 seconds; more counts as 10.
    pub cache_seconds: u64,
}

impl Default for PatSettings {
    fn default() -> Self {
        Self { zone: Tz::UTC, legacy_pats: false, rehash_legacy: true, cache_seconds: MAX_CACHE_SECONDS }
    }
}

/// The provider of scheme `pat`.
pub struct PatProvider {
    pats: Arc<dyn PatStore>,
    users: Arc<dyn UserStore>,
    clock: Arc<dyn Clock>,
    settings: PatSettings,
    cache: Cache,
}

impl fmt::Debug for PatProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PatProvider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl PatProvider {
    /// A provider over these stores.
    #[must_use]
    pub fn new(pats: Arc<dyn PatStore>, users: Arc<dyn UserStore>, clock: Arc<dyn Clock>, settings: PatSettings) -> Self {
        let cache = Cache::new(settings.cache_seconds.min(MAX_CACHE_SECONDS));
        Self { pats, users, clock, settings, cache }
    }

    /// The principal of a token; none for every reason there is, and the reasons can not be told apart.
    ///
    /// # Errors
    /// `auth-token-ambiguous`, and the store's own.
    pub async fn verify(&self, token: &Token) -> Result<Option<Principal>, AuthError> {
        let shape = token.shape();
        if shape == Shape::Malformed || (shape == Shape::Legacy && !self.settings.legacy_pats) {
            return Ok(None);
        }
        let now = self.clock.now();
        let hash = token.hash();
        if let Some(principal) = self.cache.get(&hash, now, self.settings.zone) {
            return Ok(Some(principal));
        }
        let generation = self.cache.generation();
        let found = match &shape {
            Shape::Ours(key_id) => own_row(self.pats.find_by_key_id(key_id).await?, token),
            Shape::Legacy | Shape::Malformed => self.legacy_row(token, &hash).await?,
        };
        let Some(pat) = found.filter(|pat| pat.revoked_at.is_none() && !pat.expired.is_over(now, self.settings.zone)) else {
            return Ok(None);
        };
        let Some(user) = self.users.find_user(&pat.user_id).await?.filter(|user| user.is_active) else {
            return Ok(None);
        };
        self.note_use(&pat, now).await;
        let mut principal = Principal::of_user(&user);
        principal.scopes = pat.permissions.clone();
        principal.key_id.clone_from(&pat.key_id);
        let verified = Verified { principal: principal.clone(), pat_id: pat.pat_id, expired: pat.expired, at: now };
        self.cache.put(hash, verified, generation);
        Ok(Some(principal))
    }

    /// Revokes a token, here at once, elsewhere within the time of the cache. An unknown id changes nothing.
    ///
    /// # Errors
    /// The store's own.
    pub async fn revoke(&self, pat_id: &PatId) -> Result<(), AuthError> {
        let revoked = self.pats.revoke(pat_id, local(self.clock.now(), self.settings.zone)).await;
        self.forget_pat(pat_id);
        Ok(revoked?)
    }

    /// Revokes a token of this user; an unknown one or somebody else's changes nothing (`surface.md §2.3`).
    ///
    /// # Errors
    /// The store's own.
    pub async fn revoke_own(&self, pat_id: &PatId, user_id: &UserId) -> Result<(), AuthError> {
        match self.pats.find_pat(pat_id).await? {
            Some(pat) if pat.user_id == *user_id => self.revoke(pat_id).await,
            _ => Ok(()),
        }
    }

    /// Trusts a token no longer without a look at the store.
    pub fn forget_pat(&self, pat_id: &PatId) {
        self.cache.forget(|verified| verified.pat_id == *pat_id);
    }

    /// The same for all tokens of a user: after the user was changed.
    pub fn forget_user(&self, user_id: &UserId) {
        self.cache.forget(|verified| verified.principal.user_id == *user_id);
    }

    async fn legacy_row(&self, token: &Token, hash: &TokenHash) -> Result<Option<Pat>, AuthError> {
        let hashed = self.pats.find_by_hash(hash).await?;
        if let Some(pat) = only(hashed)? {
            return Ok(Some(pat).filter(|pat| pat.token.is_hash_of(token)));
        }
        let clear = only(self.pats.find_by_clear_text(token).await?)?;
        // A store may compare without regard to case; we do not.
        let Some(pat) = clear.filter(|pat| pat.token.is_clear_text_of(token)) else {
            return Ok(None);
        };
        if self.settings.rehash_legacy {
            // A row that stays in clear is found again at the next use: that is the next try.
            drop(self.pats.rehash(&pat.pat_id, hash).await);
        }
        Ok(Some(pat))
    }

    /// Notes the use at most once an hour; a failure to write it is no failure of the token.
    async fn note_use(&self, pat: &Pat, now: NaiveDateTime) {
        let now = local(now, self.settings.zone);
        let is_due = pat.last_used_at.is_none_or(|last| now - last >= TimeDelta::hours(1));
        if is_due {
            drop(self.pats.note_use(&pat.pat_id, now).await);
        }
    }
}

#[async_trait]
impl Provider for PatProvider {
    fn accepts(&self, scheme: &str) -> bool {
        scheme.eq_ignore_ascii_case("pat")
    }

    async fn authenticate(&self, token: &Token) -> Result<Option<Principal>, AuthError> {
        self.verify(token).await
    }
}

/// The row, if it is the token's. Without a row something is compared all the same.
fn own_row(row: Option<Pat>, token: &Token) -> Option<Pat> {
    match row {
        Some(pat) => Some(pat).filter(|pat| pat.token.is_hash_of(token)),
        None => {
            std::hint::black_box(TokenHash::of_nothing().is_hash_of(token));
            None
        }
    }
}

fn only(mut rows: Vec<Pat>) -> Result<Option<Pat>, AuthError> {
    if rows.len() > 1 { Err(AuthError::TokenAmbiguous) } else { Ok(rows.pop()) }
}
