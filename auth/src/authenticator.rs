//! The authenticator: credentials in, principal out (`surface.md §4`).

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    error::AuthError,
    failures::Failures,
    port::{Clock, TenantStore},
    principal::Principal,
    role::Guard,
    tenant,
    token::Token,
};

/// A scheme and what it brings. `Debug` shows the token masked.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The scheme, compared without regard to case.
    pub scheme: String,
    /// The token.
    pub token: Token,
}

impl Credentials {
    /// A personal access token.
    #[must_use]
    pub fn pat(token: Token) -> Self {
        Self { scheme: "pat".to_owned(), token }
    }

    /// Reads the header `Authorization`, which is split at its first space; none where there is no token.
    #[must_use]
    pub fn from_header(header: &str) -> Option<Self> {
        let (scheme, token) = header.trim().split_once(' ')?;
        (!token.trim().is_empty()).then(|| Self { scheme: scheme.to_owned(), token: Token::new(token) })
    }
}

/// One way to authenticate.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Whether the scheme is this provider's.
    fn accepts(&self, scheme: &str) -> bool;

    /// The principal of a token; none for every kind of refusal.
    ///
    /// # Errors
    /// What keeps the provider from deciding, a store that is away above all.
    async fn authenticate(&self, token: &Token) -> Result<Option<Principal>, AuthError>;
}

/// Asks its providers in order; the first principal wins. It is built once in a process and owns its providers (S5).
///
/// A scheme that nobody registered, `external` above all (S6), is refused like a wrong token.
pub struct Authenticator {
    providers: Vec<Arc<dyn Provider>>,
    failures: Failures,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authenticator").field("providers", &self.providers.len()).field("failures", &self.failures).finish_non_exhaustive()
    }
}

impl Authenticator {
    /// An authenticator with these providers, in this order.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>, failures: Failures, clock: Arc<dyn Clock>) -> Self {
        Self { providers, failures, clock }
    }

    /// The principal of credentials. `address` is where they come from; failures are counted for each.
    ///
    /// # Errors
    /// `auth-refused` for every kind of refusal, `limit-authentication-failures` after too many of them, and what
    /// keeps a provider from deciding.
    pub async fn authenticate(&self, credentials: Option<&Credentials>, address: Option<&str>) -> Result<Principal, AuthError> {
        let now = self.clock.now();
        if let Some(address) = address {
            self.failures.check(address, now)?;
        }
        if let Some(principal) = self.ask(credentials).await? {
            return Ok(principal);
        }
        if let Some(address) = address {
            self.failures.note(address, now);
        }
        Err(AuthError::Unauthenticated)
    }

    /// The principal of credentials, if the role passes the guard.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`], and `auth-role-refused`.
    pub async fn authorise(&self, credentials: Option<&Credentials>, address: Option<&str>, guard: Guard) -> Result<Principal, AuthError> {
        let principal = self.authenticate(credentials, address).await?;
        principal.require_role(guard)?;
        Ok(principal)
    }

    /// As whom a trigger on a topic runs: role, scopes and tenant are checked, and that the tenant which a super
    /// admin names exists.
    ///
    /// # Errors
    /// `auth-role-refused`, `auth-scope`, the three `trigger-tenant-…`, and the store's own.
    pub async fn trigger_principal(
        &self,
        principal: &Principal,
        tenant_id: Option<&str>,
        topic: &str,
        tenants: &dyn TenantStore,
    ) -> Result<Principal, AuthError> {
        principal.require_trigger(topic)?;
        let acting = tenant::trigger_principal(principal, tenant_id)?;
        if principal.is_super_admin() && tenants.find_tenant(&acting.tenant_id).await?.is_none() {
            return Err(AuthError::TriggerTenantUnknown { tenant_id: acting.tenant_id });
        }
        Ok(acting)
    }

    async fn ask(&self, credentials: Option<&Credentials>) -> Result<Option<Principal>, AuthError> {
        let Some(credentials) = credentials else {
            return Ok(None);
        };
        for provider in self.providers.iter().filter(|provider| provider.accepts(&credentials.scheme)) {
            let found = provider.authenticate(&credentials.token).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
