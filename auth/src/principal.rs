//! The principal: in whose name something is done (`surface.md §1.2`).

use crate::{
    error::AuthError,
    id::{KeyId, TenantId, UserId},
    pat::{Permission, Scopes},
    role::{Guard, Role},
    row::User,
};

/// In whose name something is done, and how far that reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant that the work belongs to.
    pub tenant_id: TenantId,
    /// The user.
    pub user_id: UserId,
    /// The user's name, unique across tenants.
    pub name: String,
    /// The user's role.
    pub role: Role,
    /// What a token narrows the role to; all of the role where nothing is narrowed.
    pub scopes: Scopes,
    /// The token's public part, for logs and rates; none where no token of ours was used.
    pub key_id: Option<KeyId>,
}

impl Principal {
    /// The principal of a user, with all that the role may.
    #[must_use]
    pub fn of_user(user: &User) -> Self {
        Self { tenant_id: user.tenant_id.clone(), user_id: user.user_id.clone(), name: user.name.clone(), role: user.role, scopes: Scopes::all(), key_id: None }
    }

    /// The same person as an admin of a tenant: what a super admin's work in a tenant runs as (`surface.md §1.3`).
    #[must_use]
    pub fn fake_tenant_admin(&self, tenant_id: TenantId) -> Self {
        Self { tenant_id, role: Role::Admin, ..self.clone() }
    }

    /// Whether the role is admin or super admin.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        Guard::AnyAdmin.accepts(self.role)
    }

    /// Whether the role is admin of a tenant.
    #[must_use]
    pub fn is_tenant_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the role is super admin.
    #[must_use]
    pub fn is_super_admin(&self) -> bool {
        self.role == Role::SuperAdmin
    }

    /// Passes a guard.
    ///
    /// # Errors
    /// `auth-role-refused`, answered 403.
    pub fn require_role(&self, guard: Guard) -> Result<(), AuthError> {
        if guard.accepts(self.role) { Ok(()) } else { Err(AuthError::RoleRefused) }
    }

    /// Passes as somebody who may trigger this topic: by role, and by the token's scopes.
    ///
    /// # Errors
    /// `auth-role-refused` or `auth-scope`, answered 403.
    pub fn require_trigger(&self, topic: &str) -> Result<(), AuthError> {
        self.require_role(Guard::AnyAdmin)?;
        if self.scopes.allow_trigger(topic) { Ok(()) } else { Err(AuthError::ScopeRefused { scope: format!("trigger:{topic}") }) }
    }

    /// Passes as somebody whose token has a permission. The role is to be guarded besides: a scope adds nothing to it.
    ///
    /// # Errors
    /// `auth-scope`, answered 403.
    pub fn require(&self, permission: Permission) -> Result<(), AuthError> {
        if self.scopes.allow(permission) { Ok(()) } else { Err(AuthError::ScopeRefused { scope: permission.as_str().to_owned() }) }
    }
}
