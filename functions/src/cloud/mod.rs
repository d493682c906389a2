//! APIs of the clouds by signed HTTP (surface.md §17): credentials, signatures, what their errors mean, and when a call is
//! repeated.

#[cfg(feature = "alibaba")]
pub(crate) mod alibaba;
#[cfg(feature = "aws")]
pub(crate) mod aws;
mod credentials;
mod error;
#[cfg(feature = "alibaba")]
mod lent;
mod repeat;

pub(crate) use credentials::{CredentialVariables, Credentials};
pub(crate) use error::{CloudError, Meaning};
#[cfg(feature = "alibaba")]
pub(crate) use lent::{Loan, lent};
pub(crate) use repeat::Pauses;
