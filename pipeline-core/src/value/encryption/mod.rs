//! Encryption and masking of factors, one file a family of methods (values.md §8, engine.md §2.5).

mod aes;
mod centre;
mod date;
mod digest;
mod last;
mod mail;

use super::{DateFormats, Value, ValueError, text_form};
use crate::model::Encryption;

pub use aes::{AesKey, AesKeyError};

/// What AES texts begin with.
pub(crate) const AES_MARK: &str = "{AES}";
/// What texts that are taken for MD5 digests begin with; none is ever written.
const MD5_MARK: &str = "{MD5}";
/// What texts that are taken for SHA-256 digests begin with; none is ever written.
const SHA256_MARK: &str = "{SHA256}";

/// Protects a value. Null, `""` and what is recognised as protected already stay as they are.
///
/// # Errors
/// [`ValueError::KeyMissing`] for AES without a key; [`ValueError::NotADate`] for a date mask on what is no date.
pub fn encrypt(method: Encryption, value: &Value, key: Option<&AesKey>, dates: &DateFormats) -> Result<Value, ValueError> {
    if matches!(method, Encryption::None) || value.is_null() || value.as_text() == Some("") {
        return Ok(value.clone());
    }
    if let Some(mask) = date::DateMask::of(method) {
        return mask.apply(value, dates);
    }
    let text = text_form(value);
    if is_protected(method, &text) {
        return Ok(value.clone());
    }
    Ok(Value::from(match method {
        Encryption::Aes => key.ok_or(ValueError::KeyMissing)?.encrypt(&text),
        Encryption::Md5 => digest::md5(&text),
        Encryption::Sha256 => digest::sha256(&text),
        Encryption::MaskMail => mail::mask(&text),
        Encryption::MaskCenter3 => centre::mask(&text, 3),
        Encryption::MaskCenter5 => centre::mask(&text, 5),
        Encryption::MaskLast3 => last::mask(&text, 3),
        Encryption::MaskLast6 => last::mask(&text, 6),
        Encryption::None | Encryption::MaskDay | Encryption::MaskMonth | Encryption::MaskMonthDay => return Ok(value.clone()),
    }))
}

/// Whether a text is recognised as protected by this method.
fn is_protected(method: Encryption, text: &str) -> bool {
    match method {
        Encryption::Aes => text.starts_with(AES_MARK),
        Encryption::Md5 => text.starts_with(MD5_MARK),
        Encryption::Sha256 => text.starts_with(SHA256_MARK),
        Encryption::MaskMail => text.starts_with(mail::MASKED),
        _ => false,
    }
}

/// Takes the protection away where that is possible; everything else stays as it is.
///
/// # Errors
/// [`ValueError::KeyMissing`] for an AES text without a key; [`ValueError::NotDecryptable`] where it is damaged.
pub fn decrypt(method: Encryption, value: &Value, key: Option<&AesKey>) -> Result<Value, ValueError> {
    let Some(text) = value.as_text() else { return Ok(value.clone()) };
    let stripped = |mark: &str| text.strip_prefix(mark).map_or_else(|| value.clone(), Value::from);
    match method {
        Encryption::Aes => match text.strip_prefix(AES_MARK) {
            None => Ok(value.clone()),
            Some(cipher) => {
                let plain = key.ok_or(ValueError::KeyMissing)?.decrypt(cipher);
                plain.map(Value::from).ok_or_else(|| ValueError::NotDecryptable(value.into()))
            }
        },
        Encryption::Md5 => Ok(stripped(MD5_MARK)),
        Encryption::Sha256 => Ok(stripped(SHA256_MARK)),
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Coded;

    #[test]
    fn without_a_key_nothing_is_encrypted() {
        let dates = DateFormats::default();
        assert_eq!(encrypt(Encryption::Aes, &"x".into(), None, &dates).unwrap_err().code(), "value-key-missing");
        assert_eq!(encrypt(Encryption::Aes, &"".into(), None, &dates), Ok("".into()));
        assert_eq!(encrypt(Encryption::Aes, &Value::Null, None, &dates), Ok(Value::Null));
        assert_eq!(encrypt(Encryption::Aes, &"{AES}x".into(), None, &dates), Ok("{AES}x".into()));
        assert_eq!(decrypt(Encryption::Aes, &"x".into(), None), Ok("x".into()));
        assert_eq!(decrypt(Encryption::MaskMail, &"*****@x".into(), None), Ok("*****@x".into()));
    }

    #[test]
    fn other_kinds_become_texts_first() {
        assert_eq!(encrypt(Encryption::MaskLast3, &12_345.into(), None, &DateFormats::default()), Ok("12***".into()));
    }
}
