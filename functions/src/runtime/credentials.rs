//! The keys that a platform lends to one invocation (surface.md §16.3).

#[cfg(feature = "alibaba")]
use secrecy::ExposeSecret as _;
use secrecy::SecretString;

use crate::object_storage::AccessKeys;

/// Temporary keys: they hold for one invocation and are kept no longer. Nothing of them is printed.
#[derive(Debug, Clone)]
pub struct TemporaryCredentials {
    /// The id of the key.
    pub access_key_id: SecretString,
    /// The key.
    pub access_key_secret: SecretString,
    /// The token that goes with it; a function without a role has none.
    pub security_token: Option<SecretString>,
}

impl TemporaryCredentials {
    /// The keys of three texts, of which the token may be missing; none where there is no whole key.
    pub fn of(id: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Option<Self> {
        let filled = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(SecretString::from);
        Some(Self { access_key_id: filled(id)?, access_key_secret: filled(secret)?, security_token: filled(token) })
    }
}

impl From<TemporaryCredentials> for AccessKeys {
    fn from(credentials: TemporaryCredentials) -> Self {
        Self { id: credentials.access_key_id, secret: credentials.access_key_secret, token: credentials.security_token }
    }
}

#[cfg(feature = "alibaba")]
impl From<TemporaryCredentials> for crate::cloud::Credentials {
    fn from(credentials: TemporaryCredentials) -> Self {
        let key_id = credentials.access_key_id.expose_secret().to_owned();
        Self { key_id, secret: credentials.access_key_secret, token: credentials.security_token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_whole_and_do_not_print() {
        let keys = TemporaryCredentials::of(Some("STS.id"), Some("key"), Some("")).unwrap();
        assert!(keys.security_token.is_none());
        let shown = format!("{keys:?}");
        assert!(!shown.contains("STS.id") && !shown.contains("\"key\""), "{shown}");
        assert!(TemporaryCredentials::of(Some("id"), None, None).is_none());
    }
}
