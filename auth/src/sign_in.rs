//! Signing in with name and password (`surface.md §3.1`).

use std::sync::OnceLock;

use secrecy::SecretString;

use crate::{
    error::AuthError,
    password::{hash_password, verify_password},
    port::UserStore,
    row::User,
};

/// The user of a name and a password.
///
/// Checking keeps a processor busy for tens of milliseconds; failures are to be counted by name with
/// [`Failures`](crate::Failures) (S25).
///
/// # Errors
/// `auth-sign-in-refused` for an unknown name, an inactive user, no password or a wrong one, alike; the store's own.
pub async fn sign_in(name: &str, password: &SecretString, users: &dyn UserStore) -> Result<User, AuthError> {
    let found = users.find_user_by_name(name).await?.filter(|user| user.is_active);
    let stored = found.as_ref().and_then(|user| user.password.clone());
    // A name without a password takes as long as one with a wrong password.
    let is_known = stored.is_some();
    let stored = match stored {
        Some(stored) => stored,
        None => nobody()?,
    };
    let fits = verify_password(password, &stored) && is_known;
    found.filter(|_| fits).ok_or(AuthError::SignInRefused)
}

/// A hash of a password that nobody has.
fn nobody() -> Result<SecretString, AuthError> {
    static HASH: OnceLock<SecretString> = OnceLock::new();
    if let Some(hash) = HASH.get() {
        return Ok(hash.clone());
    }
    let hash = hash_password(&SecretString::from("nobody has this password"))?;
    Ok(HASH.get_or_init(|| hash).clone())
}
