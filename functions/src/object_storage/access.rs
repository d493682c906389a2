//! With which credentials a store is asked.

#[cfg(any(feature = "aws", feature = "alibaba"))]
use secrecy::ExposeSecret as _;
use secrecy::SecretString;

use super::{Cloud, ObjectError};

/// Keys as AWS and Alibaba have them, also temporary ones: those that Function Compute hands over with an invocation are
/// valid for that one only (surface.md §16.3). `Debug` shows none of them.
#[derive(Debug, Clone)]
pub struct AccessKeys {
    /// The access key's id.
    pub id: SecretString,
    /// Its secret.
    pub secret: SecretString,
    /// The session or STS token of temporary keys.
    pub token: Option<SecretString>,
}

/// Credentials of a store.
#[derive(Debug, Clone)]
pub enum Access {
    /// Those of the process: variables, else the platform's role.
    Process,
    /// Keys of AWS or Alibaba.
    Keys(AccessKeys),
    /// Keys that Function Compute handed over with an invocation: for Alibaba's stores; others are asked as the process.
    Invocation(AccessKeys),
    /// A connection string of Azure.
    Connection(SecretString),
    /// An account of Azure with its key.
    AccountKey {
        /// The account.
        account: String,
        /// Its key.
        key: SecretString,
    },
    /// An account of Azure with a shared access signature.
    SharedAccess {
        /// The account.
        account: String,
        /// The signature: a query.
        signature: SecretString,
    },
}

impl AccessKeys {
    /// Keys; a blank token is none.
    pub fn new(id: &str, secret: &str, token: Option<&str>) -> Self {
        let token = token.filter(|token| !token.trim().is_empty()).map(SecretString::from);
        Self { id: SecretString::from(id), secret: SecretString::from(secret), token }
    }
}

impl Access {
    /// Credentials written as one text: `id:secret` or `id:secret:token` for AWS and Alibaba, a connection string for Azure.
    ///
    /// # Errors
    /// [`ObjectError::Invalid`], without the text.
    pub fn parse(cloud: Cloud, text: &str) -> Result<Self, ObjectError> {
        let wrong = |expected: &str| ObjectError::Invalid { doing: "read credentials".to_owned(), reason: format!("they are not written as {expected}") };
        match cloud {
            Cloud::Azure if text.contains('=') => Ok(Self::Connection(SecretString::from(text))),
            Cloud::Azure => Err(wrong("a connection string")),
            Cloud::Local | Cloud::Memory => Ok(Self::Process),
            Cloud::Aws | Cloud::Alibaba => {
                let mut parts = text.splitn(3, ':').map(str::trim);
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(id), Some(secret), token) if !id.is_empty() && !secret.is_empty() => Ok(Self::Keys(AccessKeys::new(id, secret, token))),
                    _ => Err(wrong("id:secret or id:secret:token")),
                }
            }
        }
    }
}

/// A variable of the process that is not blank.
#[cfg(any(feature = "aws", feature = "azure", feature = "alibaba"))]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Keys as the library wants them.
#[cfg(any(feature = "aws", feature = "alibaba"))]
pub(super) fn credential(keys: &AccessKeys) -> object_store::aws::AwsCredential {
    object_store::aws::AwsCredential {
        key_id: keys.id.expose_secret().to_owned(),
        secret_key: keys.secret.expose_secret().to_owned(),
        token: keys.token.as_ref().map(|token| token.expose_secret().to_owned()),
    }
}
