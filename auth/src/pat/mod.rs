//! Personal access tokens: issuing, verifying, scopes, expiry (`surface.md §2.4`).

mod expiry;
mod issue;
mod scope;
mod verify;

pub use self::{
    expiry::Expiry,
    issue::{IssueRequest, Issued, generate_password, issue},
    scope::{Permission, Scope, Scopes},
    verify::{PatProvider, PatSettings},
};
