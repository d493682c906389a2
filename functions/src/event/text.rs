//! Texts as platforms write them: keys percent- or form-encoded, messages in base64, contents packed.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;
use nightowl_core::value::{Value, read_json};
use percent_encoding::percent_decode_str;

use super::EventError;
use super::limits::UNPACKED_BYTES;

/// What packed bytes begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Padding may be missing (surface.md §15.2.6).
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A form-encoded key: `+` is a space, then percent-decoded. `None` where that is not UTF-8.
pub(super) fn form_decoded(key: &str) -> Option<String> {
    percent_decoded(&key.replace('+', " "))
}

/// A percent-decoded text. `None` where that is not UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
}

/// The other reading of a key that may or may not be encoded; `None` where both are the same.
pub(super) fn other_reading(key: &str, decoded: Option<String>) -> Option<String> {
    decoded.filter(|other| other != key)
}

/// Bytes of a base64 text of either alphabet; blanks at its ends do not count.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let standard = GeneralPurpose::new(&STANDARD, LENIENT).decode(text);
    standard.or_else(|_| GeneralPurpose::new(&URL_SAFE, LENIENT).decode(text)).ok()
}

/// Bytes unpacked where they are packed, up to a bound.
pub(super) fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, EventError> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut content = Vec::new();
    let read = MultiGzDecoder::new(bytes.as_slice()).take(UNPACKED_BYTES + 1).read_to_end(&mut content);
    match read {
        Ok(length) if length as u64 > UNPACKED_BYTES => Err(EventError::Limit { what: "the number of bytes of an unpacked message", limit: UNPACKED_BYTES }),
        Ok(_) => Ok(content),
        Err(error) => Err(EventError::NotJson { place: "the content".to_owned(), reason: format!("it is packed and the packing is broken: {error}") }),
    }
}

/// The document that a message's text holds: JSON, else JSON in base64, perhaps packed. An error tells what is wrong with
/// the text itself.
pub(super) fn document(text: &str, depth: usize) -> Result<Value, EventError> {
    let text = text.trim_start_matches('\u{feff}');
    let broken = match read_json(text, depth) {
        Ok(value) => return Ok(value),
        Err(broken) => broken,
    };
    let decoded = match base64(text) {
        Some(bytes) => unpacked(bytes)?,
        None => Vec::new(),
    };
    let inner = std::str::from_utf8(&decoded).ok().filter(|inner| !inner.is_empty());
    inner
        .and_then(|inner| read_json(inner.trim_start_matches('\u{feff}'), depth).ok())
        .ok_or_else(|| EventError::NotJson { place: "the message".to_owned(), reason: broken.to_string() })
}

#[cfg(test)]
mod tests {
    use nightowl_core::value::{JsonStyle, json_text};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_decoded_as_their_sources_write_them() {
        assert_eq!(form_decoded("in/day+1/order%2B1.json").as_deref(), Some("in/day 1/order+1.json"));
        assert_eq!(form_decoded("in%2Fday%201").as_deref(), Some("in/day 1"));
        assert_eq!(form_decoded("%ff"), None);
        assert_eq!(percent_decoded("in/order%201+2.json").as_deref(), Some("in/order 1+2.json"));
        assert_eq!(percent_decoded("100%").as_deref(), Some("100%"));
    }

    #[test]
    fn a_message_is_read_plain_or_in_base64() {
        for text in [r#"{"a":1}"#, "eyJhIjoxfQ==", "eyJhIjoxfQ", " eyJhIjoxfQ\n", "\u{feff}{\"a\":1}"] {
            assert_eq!(document(text, 10).map(|value| json_text(&value, JsonStyle::Document)), Ok(r#"{"a":1}"#.to_owned()), "{text}");
        }
        assert!(document("Sample content.", 10).is_err());
        assert!(document("", 10).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            drop((document(&text, 8), form_decoded(&text), base64(&text)));
        }
    }
}
