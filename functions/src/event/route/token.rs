//! Tokens of routes: as they stand, or a reference that is read when a delivery needs it, so that a rotated one is used
//! soon.

use nightowl_auth::Token;
use secrecy::ExposeSecret as _;

use super::{Route, Routes};
use crate::secret::{SecretReference, Secrets};

/// Where a token comes from.
#[derive(Debug, Clone)]
pub(in crate::event) enum TokenReference {
    /// It stands in the route.
    Given(Token),
    /// It stands elsewhere.
    Secret(SecretReference),
}

impl TokenReference {
    /// The token. An error names the reference, never a token.
    async fn read(&self, secrets: &Secrets) -> Result<Token, String> {
        let text = match self {
            Self::Given(token) => return Ok(token.clone()),
            Self::Secret(reference) => secrets.get(reference).await.map_err(|reason| format!("its token: {reason}"))?,
        };
        let text = text.expose_secret().trim();
        if text.is_empty() { Err("its token is empty".to_owned()) } else { Ok(Token::new(text)) }
    }
}

impl Routes {
    /// The token of a route; `None` where the route names none.
    ///
    /// # Errors
    /// Why the reference can not be read. The text names no token.
    pub(crate) async fn token(&self, position: usize, secrets: &Secrets) -> Option<Result<Token, String>> {
        match self.get(position)?.token.as_ref() {
            Some(token) => Some(token.read(secrets).await),
            None => None,
        }
    }
}

impl Route {
    /// Why the token can not be read on this machine, as far as that is seen without asking a cloud.
    pub(super) fn unreadable_here(&self) -> Option<String> {
        match self.token.as_ref()? {
            TokenReference::Given(_) | TokenReference::Secret(SecretReference::Aws(_)) => None,
            TokenReference::Secret(SecretReference::Variable(name)) => {
                std::env::var_os(name).is_none().then(|| format!("variable {name} of its token is not set"))
            }
            TokenReference::Secret(SecretReference::File(path)) => {
                std::fs::metadata(path).err().map(|error| format!("file {} of its token can not be read: {}", path.display(), error.kind()))
            }
        }
    }
}
