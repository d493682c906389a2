//! Tokens of routes: as they stand, or a reference that is read when a delivery needs it, so that a rotated one is used
//! at once.

use std::path::PathBuf;

use nightowl_auth::Token;

use super::{Route, Routes};

/// The largest file of a token, in bytes.
const FILE_BYTES: u64 = 64 * 1024;

/// Where a token comes from.
#[derive(Debug, Clone)]
pub(in crate::event) enum TokenReference {
    /// It stands in the route.
    Given(Token),
    /// It stands in a variable.
    Variable(String),
    /// It stands in a file.
    File(PathBuf),
}

impl TokenReference {
    /// The token. An error names the reference, never a token.
    pub(in crate::event) fn read(&self) -> Result<Token, String> {
        let text = match self {
            Self::Given(token) => return Ok(token.clone()),
            Self::Variable(name) => std::env::var(name).map_err(|_| format!("variable {name} of its token is not set"))?,
            Self::File(path) => {
                let reason = |error: std::io::Error| format!("file {} of its token can not be read: {}", path.display(), error.kind());
                if std::fs::metadata(path).map_err(reason)?.len() > FILE_BYTES {
                    return Err(format!("file {} of its token has more than {FILE_BYTES} bytes", path.display()));
                }
                std::fs::read_to_string(path).map_err(reason)?
            }
        };
        if text.trim().is_empty() { Err("its token is empty".to_owned()) } else { Ok(Token::new(&text)) }
    }
}

impl Routes {
    /// The token of a route; `None` where the route names none.
    ///
    /// # Errors
    /// Why the reference can not be read. The text names no token.
    pub fn token(&self, position: usize) -> Option<Result<Token, String>> {
        self.get(position).and_then(Route::token)
    }
}

impl Route {
    pub(super) fn token(&self) -> Option<Result<Token, String>> {
        self.token.as_ref().map(TokenReference::read)
    }
}
