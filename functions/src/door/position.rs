//! Source positions as keys (surface.md §15.4).

use sha2::{Digest, Sha256};

/// Hex SHA-256 of the parts of a delivery key; the parts can not run into each other.
pub fn position_key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
