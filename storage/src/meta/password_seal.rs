//! Passwords of data sources at rest (storage.md §14.3, D17).

use std::fmt;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nightowl_core::model::Encryption;
use nightowl_core::value::encryption::{AesKey, AesKeyError, decrypt};

/// What a password that we sealed begins with: base64 of nonce and AES-256-GCM follows.
const SEALED: &str = "{AES2}";
/// What a password that the reference sealed begins with.
const SEALED_BY_REFERENCE: &str = "{AES}";
/// How long a key is, in bytes of its text.
const KEY_BYTES: usize = 32;
/// How long a nonce is, in bytes; each password has its own.
const NONCE_BYTES: usize = 12;
/// How many characters the column takes.
const COLUMN_CHARACTERS: usize = 255;

/// Why a password can not be sealed or opened; neither the password nor the key is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It does not fit its column.
    #[error(
        "it is too long to be sealed: the sealed text would have {characters} characters, the column takes {COLUMN_CHARACTERS}; use a reference like env:NAME"
    )]
    TooLong {
        /// The length.
        characters: usize,
    },
    /// The operating system gave no nonce.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// Wrong key, or damaged.
    #[error("it can not be opened with storage.data_source_aes_key; it is damaged, or was sealed with another key")]
    NotOpened,
    /// The reference's form needs its vector.
    #[error("it was sealed by the reference, whose form needs storage.data_source_aes_iv; set it too")]
    VectorMissing,
}

/// The key that seals passwords of data sources. It does not print.
#[derive(Clone)]
pub struct PasswordSeal {
    cipher: Box<Aes256Gcm>,
    reference: Option<AesKey>,
}

impl PasswordSeal {
    /// A seal with a key of 32 bytes of UTF-8; the vector of 16 is needed to read what the reference sealed.
    ///
    /// # Errors
    /// [`AesKeyError`] for other lengths.
    pub fn new(key: &str, iv: Option<&str>) -> Result<Self, AesKeyError> {
        let bytes: [u8; KEY_BYTES] = key.as_bytes().try_into().map_err(|_| AesKeyError { key: key.len(), iv: iv.unwrap_or_default().len() })?;
        let reference = iv.map(|iv| AesKey::new(key, iv)).transpose()?;
        Ok(Self { cipher: Box::new(Aes256Gcm::new(&bytes.into())), reference })
    }

    /// Whether a text is a sealed password.
    pub fn is_sealed(text: &str) -> bool {
        text.starts_with(SEALED) || text.starts_with(SEALED_BY_REFERENCE)
    }

    /// The sealed form of a clear password; each time another one.
    ///
    /// # Errors
    /// [`SealError::TooLong`], [`SealError::NoRandomness`].
    pub fn seal(&self, clear: &str) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let mut bytes = nonce.to_vec();
        bytes.extend(self.cipher.encrypt(&nonce.into(), clear.as_bytes()).map_err(|_| SealError::TooLong { characters: clear.len() })?);
        let sealed = format!("{SEALED}{}", STANDARD.encode(bytes));
        if sealed.len() > COLUMN_CHARACTERS {
            return Err(SealError::TooLong { characters: sealed.len() });
        }
        Ok(sealed)
    }

    /// The clear password of a sealed one of either form; a text that is not sealed is the password itself.
    ///
    /// # Errors
    /// [`SealError::NotOpened`], [`SealError::VectorMissing`].
    pub fn open(&self, text: &str) -> Result<String, SealError> {
        if let Some(sealed) = text.strip_prefix(SEALED) {
            return self.open_own(sealed).ok_or(SealError::NotOpened);
        }
        if !Self::is_sealed(text) {
            return Ok(text.to_owned());
        }
        let key = self.reference.as_ref().ok_or(SealError::VectorMissing)?;
        let clear = decrypt(Encryption::Aes, &text.into(), Some(key)).map_err(|_| SealError::NotOpened)?;
        clear.as_text().map(str::to_owned).ok_or(SealError::NotOpened)
    }

    fn open_own(&self, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, cipher) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        String::from_utf8(self.cipher.decrypt(&(*nonce).into(), cipher).ok()?).ok()
    }
}

impl fmt::Debug for PasswordSeal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordSeal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const IV: &str = "0123456789abcdef";

    fn seal() -> PasswordSeal {
        PasswordSeal::new(KEY, Some(IV)).unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened_and_never_looks_the_same() {
        let (one, two) = (seal().seal("p:w/d ö").unwrap(), seal().seal("p:w/d ö").unwrap());
        assert!(one.starts_with("{AES2}") && one != two);
        assert_eq!((seal().open(&one).as_deref(), seal().open(&two).as_deref()), (Ok("p:w/d ö"), Ok("p:w/d ö")));
        assert_eq!(seal().open("in clear").as_deref(), Ok("in clear"));
        assert_eq!(STANDARD.decode(one.strip_prefix(SEALED).unwrap()).unwrap().len(), NONCE_BYTES + "p:w/d ö".len() + 16);
    }

    #[test]
    fn another_key_and_damage_are_noticed() {
        let sealed = seal().seal("secret").unwrap();
        let other = PasswordSeal::new("another key of exactly 32 bytes!", None).unwrap();
        assert_eq!(other.open(&sealed), Err(SealError::NotOpened));
        for damaged in ["{AES2}", "{AES2}AAAA", "{AES2}no base64", &sealed.replace("{AES2}", "{AES2}AAAA")] {
            assert_eq!(seal().open(damaged), Err(SealError::NotOpened), "{damaged}");
        }
    }

    #[test]
    fn what_the_reference_sealed_is_read() {
        // The published pair and its test value (values.md §8).
        let published = PasswordSeal::new("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", Some("J@NcRfUjXn2r5u8x")).unwrap();
        assert_eq!(published.open("{AES}zZR8kHo=").as_deref(), Ok("hello"));
        assert_eq!(PasswordSeal::new(KEY, None).unwrap().open("{AES}zZR8kHo="), Err(SealError::VectorMissing));
    }

    #[test]
    fn lengths_are_checked() {
        assert!(PasswordSeal::new("short", None).is_err() && PasswordSeal::new(KEY, Some("short")).is_err());
        assert!(seal().seal(&"x".repeat(158)).is_ok());
        assert_eq!(seal().seal(&"x".repeat(159)), Err(SealError::TooLong { characters: 258 }));
        assert_eq!(format!("{:?}", seal()), "PasswordSeal");
    }
}
