//! Roles, and the guards of what they may do: sets, not a hierarchy (`surface.md §1.1`).

use serde::{Deserialize, Serialize};

use crate::error::AuthError;

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses consoles, owns tokens, reads topics.
    Console,
    /// Does everything within one tenant.
    Admin,
    /// Cares for tenants, users and data sources; works in a tenant only by naming it.
    SuperAdmin,
}

impl Role {
    /// The role as stores and the wire write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Admin => "admin",
            Self::SuperAdmin => "superadmin",
        }
    }

    /// Reads a role.
    ///
    /// # Errors
    /// `auth-role-unknown` for any other text.
    pub fn parse(text: &str) -> Result<Self, AuthError> {
        match text {
            "console" => Ok(Self::Console),
            "admin" => Ok(Self::Admin),
            "superadmin" => Ok(Self::SuperAdmin),
            _ => Err(AuthError::RoleUnknown { role: text.to_owned() }),
        }
    }
}

/// Which roles may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Everybody who is signed in.
    Any,
    /// Console users and admins.
    Console,
    /// Admins of a tenant.
    Admin,
    /// Admins of a tenant and super admins: who may trigger.
    AnyAdmin,
    /// Super admins.
    SuperAdmin,
}

impl Guard {
    /// The roles that pass.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Any => &[Role::Console, Role::Admin, Role::SuperAdmin],
            Self::Console => &[Role::Console, Role::Admin],
            Self::Admin => &[Role::Admin],
            Self::AnyAdmin => &[Role::Admin, Role::SuperAdmin],
            Self::SuperAdmin => &[Role::SuperAdmin],
        }
    }

    /// Whether a role passes.
    #[must_use]
    pub fn accepts(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_super_admin_is_no_admin() {
        assert!(!Guard::Admin.accepts(Role::SuperAdmin));
        assert!(!Guard::Console.accepts(Role::SuperAdmin));
        assert!(Guard::AnyAdmin.accepts(Role::SuperAdmin));
        assert!(!Guard::SuperAdmin.accepts(Role::Admin));
        assert!(Guard::Any.accepts(Role::Console));
    }

    #[test]
    fn roles_are_written_as_they_are_read() {
        for role in Guard::Any.roles() {
            assert_eq!(Role::parse(role.as_str()).unwrap(), *role);
        }
        assert_eq!(Role::parse("root").unwrap_err().code(), "auth-role-unknown");
    }
}
