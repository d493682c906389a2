//! Who may do what: principals, roles, tenants, personal access tokens, passwords and rates.
//!
//! The crate decides and asks; it stores nothing. What it needs of a store it declares as ports ([`PatStore`],
//! [`UserStore`], [`TenantStore`]), the time comes in through [`Clock`], and only issuing a token or hashing a
//! password draws randomness. [`memory`] implements the ports for tests.

mod authenticator;
mod cache;
mod error;
mod failures;
mod id;
pub mod memory;
mod password;
mod pat;
mod port;
mod principal;
mod rate;
mod role;
mod row;
mod sign_in;
mod tenant;
mod token;

pub use crate::{
    authenticator::{Authenticator, Credentials, Provider},
    error::{AuthError, Class, StoreFault},
    failures::Failures,
    id::{KeyId, PatId, TenantId, UserId},
    password::{hash_password, verify_password},
    pat::{Expiry, IssueRequest, Issued, PatProvider, PatSettings, Permission, Scope, Scopes, generate_password, issue},
    port::{Clock, PatStore, TenantStore, UserStore},
    principal::Principal,
    rate::Rates,
    role::{Guard, Role},
    row::{Audit, Pat, Tenant, User},
    sign_in::sign_in,
    tenant::{query_principal, save_tenant, sees, trigger_principal},
    token::{Shape, StoredToken, Token, TokenHash},
};
