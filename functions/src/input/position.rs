//! The idempotency key of an element of a file (surface.md §15.4).

use sha2::{Digest, Sha256};

/// The key under which an element of a file is known once it was fired: hex SHA-256 of the content's hash, the line or
/// element number, the topic's name and the tenant. It stays the same when the file is renamed or packed.
pub fn position_key(content_hash: &str, line: u64, code: &str, tenant: &str) -> String {
    let mut hasher = Sha256::new();
    let line = line.to_string();
    for part in [content_hash, &line, code, tenant] {
        hasher.update(part.as_bytes());
        // no part contains it, so that two different positions never hash the same text
        hasher.update([0]);
    }
    hex(&hasher.finalize())
}

/// Bytes as lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stored_and_never_changes() {
        let hash = hex(&Sha256::digest(b"{}"));
        assert_eq!(hash, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(position_key(&hash, 1, "orders", "1"), STORED);
    }

    /// Found in stores that exist.
    const STORED: &str = "836cb7a684e16e30127a712efbde1a21d08ec82f751476d72eb7ac2868884e38";

    #[test]
    fn every_part_counts() {
        let key = position_key("h", 12, "t", "1");
        let others = [position_key("i", 12, "t", "1"), position_key("h", 1, "2t", "1"), position_key("h", 12, "t1", ""), position_key("h", 12, "", "t1")];
        assert!(others.iter().all(|other| *other != key));
    }
}
