//! Whose tenant: the rules of `surface.md §1.3` as pure functions. A blank tenant id counts as none.

use crate::{error::AuthError, id::TenantId, principal::Principal};

/// The tenant of something that is saved: a super admin must name it, for everybody else it is their own.
///
/// # Errors
/// `auth-tenant-missing` (400) and `auth-tenant-foreign` (403).
pub fn save_tenant(principal: &Principal, named: Option<&str>) -> Result<TenantId, AuthError> {
    match (named_tenant(named), principal.is_super_admin()) {
        (None, true) => Err(AuthError::TenantMissing),
        (Some(tenant_id), true) => Ok(tenant_id),
        (None, false) => Ok(principal.tenant_id.clone()),
        (Some(tenant_id), false) if tenant_id == principal.tenant_id => Ok(tenant_id),
        (Some(_), false) => Err(AuthError::TenantForeign),
    }
}

/// As whom a query with an optional tenant runs: a super admin as a fake admin of the tenant that must be named.
///
/// # Errors
/// `auth-query-tenant-missing` and `auth-query-tenant-mismatch` (400).
pub fn query_principal(principal: &Principal, named: Option<&str>) -> Result<Principal, AuthError> {
    match (named_tenant(named), principal.is_super_admin()) {
        (None, true) => Err(AuthError::QueryTenantMissing),
        (Some(tenant_id), true) => Ok(principal.fake_tenant_admin(tenant_id)),
        (Some(tenant_id), false) if tenant_id != principal.tenant_id => Err(AuthError::QueryTenantMismatch { tenant_id }),
        (_, false) => Ok(principal.clone()),
    }
}

/// As whom a trigger runs. Whether the tenant that a super admin names exists is left to the caller, or to
/// [`Authenticator::trigger_principal`](crate::Authenticator::trigger_principal).
///
/// # Errors
/// `trigger-tenant-missing` and `trigger-tenant-mismatch` (400).
pub fn trigger_principal(principal: &Principal, named: Option<&str>) -> Result<Principal, AuthError> {
    query_principal(principal, named).map_err(|error| match error {
        AuthError::QueryTenantMissing => AuthError::TriggerTenantMissing,
        AuthError::QueryTenantMismatch { tenant_id } => AuthError::TriggerTenantMismatch { tenant_id },
        other => other,
    })
}

/// Whether a definition of this tenant may be seen; where not, it is answered as if it were not there (404).
#[must_use]
pub fn sees(principal: &Principal, tenant_id: &TenantId) -> bool {
    principal.is_super_admin() || principal.tenant_id == *tenant_id
}

fn named_tenant(named: Option<&str>) -> Option<TenantId> {
    named.map(str::trim).filter(|id| !id.is_empty()).map(TenantId::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, Scopes, UserId};

    fn principal(tenant_id: &str, role: Role) -> Principal {
        Principal { tenant_id: TenantId::new(tenant_id), user_id: UserId::new("7"), name: "ann".to_owned(), role, scopes: Scopes::all(), key_id: None }
    }

    #[test]
    fn a_save_takes_its_own_tenant() {
        let admin = principal("1", Role::Admin);
        assert_eq!(save_tenant(&admin, None), Ok(TenantId::new("1")));
        assert_eq!(save_tenant(&admin, Some("  ")), Ok(TenantId::new("1")));
        assert_eq!(save_tenant(&admin, Some("2")).unwrap_err().http_status(), 403);
        let superadmin = principal("-1", Role::SuperAdmin);
        assert_eq!(save_tenant(&superadmin, Some("2")), Ok(TenantId::new("2")));
        assert_eq!(save_tenant(&superadmin, Some("")).unwrap_err().http_status(), 400);
    }

    #[test]
    fn a_super_admin_triggers_on_behalf_of_a_tenant() {
        let superadmin = principal("-1", Role::SuperAdmin);
        let acting = trigger_principal(&superadmin, Some("2")).unwrap();
        assert_eq!((acting.tenant_id.as_str(), acting.role), ("2", Role::Admin));
        assert_eq!((acting.user_id, acting.name), (superadmin.user_id.clone(), superadmin.name.clone()));
        let missing = trigger_principal(&superadmin, None).unwrap_err();
        assert_eq!((missing.code(), missing.http_status()), ("trigger-tenant-missing", 400));
    }

    #[test]
    fn an_admin_triggers_in_the_own_tenant_only() {
        let admin = principal("1", Role::Admin);
        assert_eq!(trigger_principal(&admin, Some("1")), Ok(admin.clone()));
        assert_eq!(trigger_principal(&admin, None), Ok(admin.clone()));
        let mismatch = trigger_principal(&admin, Some("2")).unwrap_err();
        assert_eq!((mismatch.code(), mismatch.http_status()), ("trigger-tenant-mismatch", 400));
        assert_eq!(query_principal(&admin, Some("2")).unwrap_err().http_status(), 400);
    }

    #[test]
    fn what_belongs_to_others_is_hidden() {
        assert!(!sees(&principal("1", Role::Admin), &TenantId::new("2")));
        assert!(sees(&principal("-1", Role::SuperAdmin), &TenantId::new("2")));
    }
}
