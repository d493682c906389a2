//! Passwords: argon2id for new ones, bcrypt for those of an adopted store (`surface.md` S21).
//!
//! Both functions keep a processor busy for tens of milliseconds: an asynchronous caller runs them on a thread of
//! its own.

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};

use crate::error::AuthError;

/// The fewest characters of a new password.
const MIN_CHARACTERS: usize = 8;
/// The most characters of a password.
const MAX_CHARACTERS: usize = 128;
const SALT_BYTES: usize = 16;

/// Hashes a new password with argon2id, as the column `password` keeps it.
///
/// # Errors
/// `auth-password-length` outside 8 to 128 characters; `auth-random-unavailable` without a salt.
pub fn hash_password(password: &SecretString) -> Result<SecretString, AuthError> {
    let characters = password.expose_secret().chars().count();
    if !(MIN_CHARACTERS..=MAX_CHARACTERS).contains(&characters) {
        return Err(AuthError::PasswordLength { characters, min: MIN_CHARACTERS, max: MAX_CHARACTERS });
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| AuthError::RandomUnavailable { reason: error.to_string() })?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
        .map_err(|error| AuthError::PasswordHash { reason: error.to_string() })?;
    Ok(SecretString::from(hash.to_string()))
}

/// Whether a password is the one of a stored hash. A hash of neither kind fits no password.
#[must_use]
pub fn verify_password(password: &SecretString, stored: &SecretString) -> bool {
    let (password, stored) = (password.expose_secret(), stored.expose_secret());
    if password.chars().count() > MAX_CHARACTERS {
        return false;
    }
    if stored.starts_with("$2") {
        return bcrypt::verify(password, stored).unwrap_or(false);
    }
    PasswordHash::new(stored).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn argon2id_takes_back_what_it_made() {
        let stored = hash_password(&secret("owls at night")).unwrap();
        assert!(stored.expose_secret().starts_with("$argon2id$"));
        assert!(verify_password(&secret("owls at night"), &stored));
        assert!(!verify_password(&secret("owls at noon"), &stored));
    }

    #[test]
    fn bcrypt_of_an_adopted_store_is_understood() {
        let stored = secret(&bcrypt::hash("change-me", 4).unwrap());
        assert!(verify_password(&secret("change-me"), &stored));
        assert!(!verify_password(&secret("changed"), &stored));
    }

    #[test]
    fn lengths_are_bounded_and_garbage_fits_nothing() {
        let short = hash_password(&secret("1234567")).unwrap_err();
        assert_eq!((short.code(), short.http_status()), ("auth-password-length", 400));
        assert!(hash_password(&secret(&"x".repeat(129))).is_err());
        assert!(hash_password(&secret("ÄÖÜäöüßß")).is_ok());
        assert!(!verify_password(&secret(""), &secret("")));
        assert!(!verify_password(&secret("plain"), &secret("plain")));
    }
}
