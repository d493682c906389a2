//! Digests: `MD5` and `SHA256`, written without a mark (values.md §8).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// Standard Base64 of the 16 bytes.
pub(super) fn md5(text: &str) -> String {
    STANDARD.encode(Md5::digest(text.as_bytes()))
}

/// The 32 bytes in lower-case hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_texts() {
        assert_eq!(md5("hello"), "XUFAKrxLKna5cZ2REBfFkg==");
        assert_eq!(sha256("hello"), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    }
}
