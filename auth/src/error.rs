//! What can go wrong, each with a code, a class and the status of its answer.

use crate::id::TenantId;

/// How an error is to be met (`storage.md §10`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same input will fail again.
    Reject,
    /// May work later.
    Retry,
    /// The process can not go on.
    Fatal,
    /// Should not happen.
    Bug,
}

/// What a store says when it can not do what a port asks; code and class are the store's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreFault {
    /// The store's code, of family `storage-`.
    pub code: &'static str,
    /// The store's class.
    pub class: Class,
    /// What failed, without secrets.
    pub message: String,
}

/// Everything that authentication and authorisation refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Nobody: no token, a wrong, unknown, expired or revoked one, an inactive user. One text for all of them.
    #[error("Unauthorized visit.")]
    Unauthenticated,
    /// A sign-in with a wrong name or password; the text does not say which.
    #[error("Incorrect username or password.")]
    SignInRefused,
    /// A role outside the guard's set.
    #[error("Unauthorized visit.")]
    RoleRefused,
    /// A role that does not exist.
    #[error("failed to read the role {role}: it must be console, admin or superadmin")]
    RoleUnknown {
        /// The role as it was written.
        role: String,
    },
    /// A token whose scopes do not reach so far.
    #[error("failed to pass with this token: it lacks the scope {scope}; use one that was issued with it")]
    ScopeRefused {
        /// The scope that would have been enough.
        scope: String,
    },
    /// A text that is no scope.
    #[error("failed to read the scope {scope}: it must be trigger:<topic>, trace:read, trace:rerun, definition:write or token:admin")]
    ScopeWrong {
        /// The scope as it was written.
        scope: String,
    },
    /// A token that would get more scopes than the one that issues it.
    #[error("failed to issue a token with the scope {scope}: the issuing token does not have it")]
    ScopeWider {
        /// The scope that is too much.
        scope: String,
    },
    /// A text that is no expiry.
    #[error("failed to read the expiry {expiry}: it must be like 90d, 2027-01-31, 2027-01-31T18:00:00 or never")]
    ExpiryWrong {
        /// The expiry as it was written.
        expiry: String,
    },
    /// A super admin saved something without saying for which tenant.
    #[error("failed to save without a tenant: a super admin must give tenantId")]
    TenantMissing,
    /// Somebody saved something of another tenant.
    #[error("Unauthorized visit.")]
    TenantForeign,
    /// A super admin asked for something without saying for which tenant.
    #[error("failed to answer without a tenant: a super admin must give tenant_id")]
    QueryTenantMissing,
    /// An admin asked for something of another tenant.
    #[error("failed to answer for tenant {tenant_id}: it is not yours; leave tenant_id out")]
    QueryTenantMismatch {
        /// The tenant that was named.
        tenant_id: TenantId,
    },
    /// A super admin's trigger names no tenant.
    #[error("failed to run a trigger without a tenant: a super admin must give tenantId")]
    TriggerTenantMissing,
    /// An admin's trigger names another tenant.
    #[error("failed to run a trigger for tenant {tenant_id}: the token belongs to another one; leave tenantId out")]
    TriggerTenantMismatch {
        /// The tenant that was named.
        tenant_id: TenantId,
    },
    /// A super admin's trigger names a tenant that does not exist.
    #[error("failed to run a trigger for tenant {tenant_id}: there is none; check tenantId")]
    TriggerTenantUnknown {
        /// The tenant that was named.
        tenant_id: TenantId,
    },
    /// A password of the wrong length.
    #[error("failed to take a password of {characters} characters: it must have {min} to {max}")]
    PasswordLength {
        /// How long it was.
        characters: usize,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Two rows hold the same token.
    #[error("failed to tell whose token this is: several rows hold it; revoke them and issue new ones")]
    TokenAmbiguous,
    /// More triggers than the token or its tenant may send.
    #[error("failed to take a trigger: the rate is exceeded; try again in {retry_after_ms} ms")]
    RateExceeded {
        /// When there is room again.
        retry_after_ms: u64,
    },
    /// More failed authentications of one address, or of one name, than are looked at.
    #[error("failed to authenticate: too many failures lately; try again in {retry_after_ms} ms")]
    FailuresExceeded {
        /// When the next one is looked at.
        retry_after_ms: u64,
    },
    /// The store behind a port failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The operating system gives no random numbers.
    #[error("failed to draw random numbers from the operating system: {reason}; check the system")]
    RandomUnavailable {
        /// What it said.
        reason: String,
    },
    /// A password could not be hashed: a mistake in this crate.
    #[error("failed to hash a password: {reason}; please report this")]
    PasswordHash {
        /// What the hash function said.
        reason: String,
    },
}

impl AuthError {
    /// The stable code, in kebab-case; its first word is the family (`storage.md §10`).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "auth-refused",
            Self::SignInRefused => "auth-sign-in-refused",
            Self::RoleRefused => "auth-role-refused",
            Self::RoleUnknown { .. } => "auth-role-unknown",
            Self::ScopeRefused { .. } => "auth-scope",
            Self::ScopeWrong { .. } => "auth-scope-wrong",
            Self::ScopeWider { .. } => "auth-scope-wider",
            Self::ExpiryWrong { .. } => "auth-expiry-wrong",
            Self::TenantMissing => "auth-tenant-missing",
            Self::TenantForeign => "auth-tenant-foreign",
            Self::QueryTenantMissing => "auth-query-tenant-missing",
            Self::QueryTenantMismatch { .. } => "auth-query-tenant-mismatch",
            Self::TriggerTenantMissing => "trigger-tenant-missing",
            Self::TriggerTenantMismatch { .. } => "trigger-tenant-mismatch",
            Self::TriggerTenantUnknown { .. } => "trigger-tenant-not-found",
            Self::PasswordLength { .. } => "auth-password-length",
            Self::TokenAmbiguous => "auth-token-ambiguous",
            Self::RateExceeded { .. } => "limit-rate",
            Self::FailuresExceeded { .. } => "limit-authentication-failures",
            Self::Store(fault) => fault.code,
            Self::RandomUnavailable { .. } => "auth-random-unavailable",
            Self::PasswordHash { .. } => "internal-password-hash",
        }
    }

    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::RateExceeded { .. } | Self::FailuresExceeded { .. } => Class::Retry,
            Self::Store(fault) => fault.class,
            Self::RandomUnavailable { .. } => Class::Fatal,
            Self::PasswordHash { .. } => Class::Bug,
            Self::Unauthenticated
            | Self::SignInRefused
            | Self::RoleRefused
            | Self::RoleUnknown { .. }
            | Self::ScopeRefused { .. }
            | Self::ScopeWrong { .. }
            | Self::ScopeWider { .. }
            | Self::ExpiryWrong { .. }
            | Self::TenantMissing
            | Self::TenantForeign
            | Self::QueryTenantMissing
            | Self::QueryTenantMismatch { .. }
            | Self::TriggerTenantMissing
            | Self::TriggerTenantMismatch { .. }
            | Self::TriggerTenantUnknown { .. }
            | Self::PasswordLength { .. }
            | Self::TokenAmbiguous => Class::Reject,
        }
    }

    /// The HTTP status of the answer (`surface.md §5`, decisions: "Trigger refused").
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Unauthenticated | Self::SignInRefused => 401,
            Self::RoleRefused | Self::ScopeRefused { .. } | Self::ScopeWider { .. } | Self::TenantForeign => 403,
            Self::RoleUnknown { .. }
            | Self::ScopeWrong { .. }
            | Self::ExpiryWrong { .. }
            | Self::TenantMissing
            | Self::QueryTenantMissing
            | Self::QueryTenantMismatch { .. }
            | Self::TriggerTenantMissing
            | Self::TriggerTenantMismatch { .. }
            | Self::PasswordLength { .. } => 400,
            Self::TriggerTenantUnknown { .. } => 404,
            Self::RateExceeded { .. } | Self::FailuresExceeded { .. } => 429,
            Self::TokenAmbiguous | Self::PasswordHash { .. } => 500,
            Self::RandomUnavailable { .. } => 503,
            Self::Store(fault) => match fault.class {
                Class::Retry | Class::Fatal => 503,
                Class::Reject | Class::Bug => 500,
            },
        }
    }

    /// How long a caller should wait, in whole seconds and at least one: the header `Retry-After`.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::RateExceeded { retry_after_ms } | Self::FailuresExceeded { retry_after_ms } => Some(retry_after_ms.div_ceil(1000).max(1)),
            _ => None,
        }
    }
}
