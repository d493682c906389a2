//! `AES256-PKCS5-PADDING`: AES-256 in CFB mode with 8-bit segments, no padding in spite of its name (values.md §8).

use std::fmt;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb8::cipher::KeyIvInit as _;
use cfb8::{Decryptor, Encryptor};

use super::AES_MARK;

/// How long a key is, in bytes of its text.
const KEY_BYTES: usize = 32;
/// How long an initialisation vector is, in bytes of its text.
const IV_BYTES: usize = 16;

/// A key or vector of the wrong length (`settings-aes-key`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the AES key has {key} bytes and its vector {iv}; give 32 and 16")]
pub struct AesKeyError {
    /// The bytes of the key.
    pub key: usize,
    /// The bytes of the vector.
    pub iv: usize,
}

/// A key with its fixed initialisation vector. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey {
    key: [u8; KEY_BYTES],
    iv: [u8; IV_BYTES],
}

impl AesKey {
    /// A key of 32 bytes of UTF-8 with a vector of 16.
    ///
    /// # Errors
    /// [`AesKeyError`] for other lengths.
    pub fn new(key: &str, iv: &str) -> Result<Self, AesKeyError> {
        let wrong = AesKeyError { key: key.len(), iv: iv.len() };
        Ok(Self { key: key.as_bytes().try_into().map_err(|_| wrong)?, iv: iv.as_bytes().try_into().map_err(|_| wrong)? })
    }

    /// The text with its mark. The same text always gives the same result.
    pub(super) fn encrypt(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        Encryptor::<Aes256>::new(&self.key.into(), &self.iv.into()).encrypt(&mut bytes);
        format!("{AES_MARK}{}", STANDARD.encode(bytes))
    }

    /// The text behind the mark in clear; `None` where it is damaged or was written with another key.
    pub(super) fn decrypt(&self, cipher: &str) -> Option<String> {
        let mut bytes = STANDARD.decode(cipher).ok()?;
        Decryptor::<Aes256>::new(&self.key.into(), &self.iv.into()).decrypt(&mut bytes);
        String::from_utf8(bytes).ok()
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("AesKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AesKey {
        AesKey::new("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", "J@NcRfUjXn2r5u8x").unwrap()
    }

    #[test]
    fn gives_the_published_texts() {
        for (text, cipher) in [
            ("hello", "{AES}zZR8kHo="),
            ("123", "{AES}lOwQ"),
            ("中文", "{AES}QZUq3+Ab"),
            (&"a".repeat(40), "{AES}xHlcvapAnxIAsJCNuEON0p4PPFSQaqNjuifXv3++T5HWGFmemmRVsw=="),
        ] {
            assert_eq!(key().encrypt(text), cipher);
            assert_eq!(key().decrypt(cipher.strip_prefix(AES_MARK).unwrap()).as_deref(), Some(text));
        }
        assert_eq!(key().decrypt("not base64!"), None);
    }

    #[test]
    fn keys_have_their_lengths_and_do_not_print() {
        assert_eq!(AesKey::new("short", "J@NcRfUjXn2r5u8x"), Err(AesKeyError { key: 5, iv: 16 }));
        assert_eq!(format!("{:?}", key()), "AesKey(…)");
    }
}
