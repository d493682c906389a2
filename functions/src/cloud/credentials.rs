//! Access keys: as a definition refers to them, or as the environment has them.

use secrecy::{ExposeSecret as _, SecretString};

use super::{CloudError, Meaning};

/// An access key with its secret, and the token of a temporary one.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// The key's id.
    pub(crate) key_id: String,
    /// Its secret.
    pub(crate) secret: SecretString,
    /// The token that goes with a temporary key.
    pub(crate) token: Option<SecretString>,
}

/// The variables in which a platform gives its functions their keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CredentialVariables {
    pub(crate) key_id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) token: &'static str,
}

impl Credentials {
    /// From `KEY:SECRET` or `KEY:SECRET:TOKEN`.
    pub(crate) fn of_text(text: &SecretString) -> Result<Self, CloudError> {
        let mut parts = text.expose_secret().trim().splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(key_id), Some(secret), token) if !key_id.is_empty() && !secret.is_empty() => {
                Ok(Self { key_id: key_id.to_owned(), secret: SecretString::from(secret), token: token.map(SecretString::from) })
            }
            _ => Err(CloudError::new(Meaning::Forbidden, "its pat is no access key; write KEY:SECRET or KEY:SECRET:TOKEN, or leave it out")),
        }
    }

    /// From the environment. It is read at every call: platforms renew temporary keys there.
    pub(crate) fn of_environment(variables: &CredentialVariables) -> Result<Self, CloudError> {
        let read = |name: &'static str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        match (read(variables.key_id), read(variables.secret)) {
            (Some(key_id), Some(secret)) => Ok(Self { key_id, secret: SecretString::from(secret), token: read(variables.token).map(SecretString::from) }),
            _ => {
                let reason = format!("there are no credentials: set {} and {}", variables.key_id, variables.secret);
                Err(CloudError::new(Meaning::Forbidden, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_two_parts_or_three() {
        let read = |text: &str| Credentials::of_text(&SecretString::from(text));
        let key = read("AKID:s3cret").unwrap();
        assert_eq!((key.key_id.as_str(), key.secret.expose_secret(), key.token.is_none()), ("AKID", "s3cret", true));
        assert!(!format!("{key:?}").contains("s3cret"));
        assert_eq!(read("AKID:s3cret:to:ken").unwrap().token.unwrap().expose_secret(), "to:ken");
        for wrong in ["", "AKID", "AKID:", ":s3cret"] {
            let error = read(wrong).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn what_the_environment_lacks_is_named() {
        let variables = CredentialVariables { key_id: "NO_SUCH_KEY_ID", secret: "NO_SUCH_SECRET", token: "NO_SUCH_TOKEN" };
        let error = Credentials::of_environment(&variables).unwrap_err();
        assert!(error.to_string().contains("NO_SUCH_KEY_ID"), "{error}");
    }
}
