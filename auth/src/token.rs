//! Tokens and their hashes. No type here prints, or serialises, what it holds.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::KeyId;

/// What a token of ours begins with.
pub(crate) const PREFIX: &str = "ntwl_";
/// Length of the key id.
pub(crate) const KEY_ID_LENGTH: usize = 12;
/// Length of the secret: 190 bits.
pub(crate) const SECRET_LENGTH: usize = 32;
const CHECK_LENGTH: usize = 6;
const LENGTH: usize = PREFIX.len() + KEY_ID_LENGTH + 1 + SECRET_LENGTH + CHECK_LENGTH;
const LEGACY_LENGTH: usize = 22;
/// What a stored hash begins with.
const HASH_PREFIX: &str = "{SHA256}";
/// The digits of base62, in the order of their values.
pub(crate) const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A personal access token as somebody sent it, of whatever form. It is wiped from memory when dropped.
///
/// `Debug` shows the masked form; there is no `Display` and no `Serialize`.
#[derive(Clone)]
pub struct Token(SecretString);

/// What a text looks like, before any store is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A token of ours with a right check.
    Ours(KeyId),
    /// 22 characters of the reference's alphabet (`surface.md §2.1`).
    Legacy,
    /// Neither: refused without a look at the store.
    Malformed,
}

impl Token {
    /// Takes a token; blanks around it do not belong to it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(SecretString::from(text.trim()))
    }

    /// The token in clear, for the one moment in which it is shown to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What the token looks like (`surface.md §2.4`).
    #[must_use]
    pub fn shape(&self) -> Shape {
        let text = self.expose();
        if let Some(key_id) = own_key_id(text) {
            return Shape::Ours(key_id);
        }
        let is_legacy = text.len() == LEGACY_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if is_legacy { Shape::Legacy } else { Shape::Malformed }
    }

    /// The form that lists, logs and traces may show: `ntwl_<key id>…`, or the first four characters and `…`.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.shape() {
            Shape::Ours(key_id) => mask_key(&key_id),
            Shape::Legacy => mask_legacy(self.expose()),
            Shape::Malformed => "…".to_owned(),
        }
    }

    /// What is stored instead of the token.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let digest = Sha256::digest(self.expose().as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        TokenHash(format!("{HASH_PREFIX}{hex}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({})", self.masked())
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretText::deserialize(deserializer).map(|text| Self::new(text.0.expose_secret()))
    }
}

/// A text that is wiped after it was trimmed.
struct SecretText(SecretString);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(SecretString::from(text)))
    }
}

/// `{SHA256}` and the hash in hex: safe to store, useless to send.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The text that is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash of no token: what an unknown key id is compared with, so that it takes as long as a known one.
    pub(crate) fn of_nothing() -> StoredToken {
        StoredToken::new(format!("{HASH_PREFIX}{}", "0".repeat(64)))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(…)")
    }
}

/// The column `token` of a row: a hash or, in rows of the reference, a token in clear.
#[derive(Clone)]
pub struct StoredToken(SecretString);

impl StoredToken {
    /// Takes the column's text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The column's text, for the store that writes it and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is a hash.
    #[must_use]
    pub fn is_hash(&self) -> bool {
        self.expose().starts_with(HASH_PREFIX)
    }

    /// Whether it is this token's hash, compared in constant time.
    #[must_use]
    pub fn is_hash_of(&self, token: &Token) -> bool {
        bool::from(self.expose().as_bytes().ct_eq(token.hash().as_str().as_bytes()))
    }

    /// Whether it is this token in clear, compared in constant time.
    #[must_use]
    pub fn is_clear_text_of(&self, token: &Token) -> bool {
        bool::from(self.expose().as_bytes().ct_eq(token.expose().as_bytes()))
    }
}

impl From<TokenHash> for StoredToken {
    fn from(hash: TokenHash) -> Self {
        Self::new(hash.0)
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoredToken(…)")
    }
}

pub(crate) fn mask_key(key_id: &KeyId) -> String {
    format!("{PREFIX}{key_id}…")
}

pub(crate) fn mask_legacy(text: &str) -> String {
    text.chars().take(4).chain(['…']).collect()
}

/// The check of a token: CRC-32 of what stands before it, as six digits of base62.
pub(crate) fn check_digits(before: &str) -> String {
    let mut rest = crc32fast::hash(before.as_bytes());
    let mut digits = [b'0'; CHECK_LENGTH];
    for place in digits.iter_mut().rev() {
        let digit = DIGITS.get((rest % 62) as usize);
        *place = digit.copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

fn own_key_id(text: &str) -> Option<KeyId> {
    if text.len() != LENGTH || !text.is_ascii() {
        return None;
    }
    let (before, check) = text.split_at_checked(LENGTH - CHECK_LENGTH)?;
    let (key_id, secret) = before.strip_prefix(PREFIX)?.split_at_checked(KEY_ID_LENGTH)?;
    let secret = secret.strip_prefix('_')?;
    let is_base62 = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_base62(key_id) && is_base62(secret) && check == check_digits(before)).then(|| KeyId::new(key_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "ntwl_4kQ0aZr81TcP_0123456789ABCDEFGHIJabcdefghijKL";

    fn good() -> String {
        format!("{GOOD}{}", check_digits(GOOD))
    }

    /// Compiles only while the type does not implement the trait: with it, the place would be ambiguous.
    macro_rules! assert_not_implemented {
        ($type:ty, $trait:path) => {{
            trait Ambiguous<Marker> {
                fn place() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Implemented;
            impl<T: ?Sized + $trait> Ambiguous<Implemented> for T {}
            let _: fn() = <$type as Ambiguous<_>>::place;
        }};
    }

    #[test]
    fn secrets_have_no_way_to_be_printed() {
        // These lines do not compile as soon as one of the types gets one of the traits.
        assert_not_implemented!(Token, fmt::Display);
        assert_not_implemented!(Token, serde::Serialize);
        assert_not_implemented!(StoredToken, fmt::Display);
        assert_not_implemented!(StoredToken, serde::Serialize);
        assert_not_implemented!(TokenHash, fmt::Display);
        assert_not_implemented!(TokenHash, serde::Serialize);
        let token = Token::new(&good());
        assert_eq!(format!("{token:?}"), "Token(ntwl_4kQ0aZr81TcP…)");
        assert_eq!(format!("{:?}", Token::new("anything else")), "Token(…)");
        assert_eq!(format!("{:?}", StoredToken::from(token.hash())), "StoredToken(…)");
        assert_eq!(format!("{:?}", token.hash()), "TokenHash(…)");
    }

    #[test]
    fn the_form_is_56_characters_with_a_check() {
        let text = good();
        assert_eq!(text.len(), 56);
        assert_eq!(Token::new(&text).shape(), Shape::Ours(KeyId::new("4kQ0aZr81TcP")));
        assert_eq!(Token::new(&format!(" {text}\n")).shape(), Shape::Ours(KeyId::new("4kQ0aZr81TcP")));
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Token::new(&changed).shape(), Shape::Malformed, "{place}");
        }
    }

    #[test]
    fn check_digits_are_padded_base62() {
        assert_eq!(check_digits(""), "000000");
        // CRC-32 of "123456789" is 0xCBF43926 = 3421780262.
        assert_eq!(check_digits("123456789"), "3jZRME");
    }

    #[test]
    fn a_legacy_token_shows_four_characters() {
        let token = Token::new("Qm1c0Jt9xW4zR7uLk2sVHA");
        assert_eq!(token.shape(), Shape::Legacy);
        assert_eq!(token.masked(), "Qm1c…");
        assert_eq!(Token::new("Qm1c0Jt9xW4zR7uLk2sVH+").shape(), Shape::Malformed);
    }

    #[test]
    fn a_hash_is_sha256_in_hex() {
        let hash = Token::new("abc").hash();
        assert_eq!(hash.as_str(), "{SHA256}ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(StoredToken::from(hash.clone()).is_hash_of(&Token::new("abc")));
        assert!(!TokenHash::of_nothing().is_hash_of(&Token::new("abc")));
        assert_eq!(Token::new(hash.as_str()).shape(), Shape::Malformed);
    }
}
