//! Where a trigger came from, as the key by which it is recognised when it comes again (surface.md §15.4).

use sha2::{Digest, Sha256};

use crate::input;

/// The position of a trigger in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A line or element of a file.
    File {
        /// Hex SHA-256 of the unpacked content.
        content_hash: String,
        /// The line or element, from 1.
        number: u64,
    },
    /// A key that the caller chose; it means something within the tenant only.
    Key {
        /// The key.
        key: String,
        /// Hex SHA-256 of what is asked for, where the same key with something else is a mistake.
        body_hash: Option<String>,
    },
    /// The key of an event's delivery. Two functions may have timers of one name, so topic and tenant belong to it.
    Delivery(String),
}

impl Position {
    /// Hex SHA-256 of everything that tells this trigger from others: two tenants never share one.
    pub fn key(&self, code: &str, tenant_id: &str) -> String {
        match self {
            Self::File { content_hash, number } => input::position_key(content_hash, *number, code, tenant_id),
            Self::Key { key, .. } => hash_of(&["idempotency-key", tenant_id, key]),
            Self::Delivery(key) => hash_of(&["delivery", key, code, tenant_id]),
        }
    }

    /// What is asked for, where that belongs to the position.
    pub fn body_hash(&self) -> Option<&str> {
        match self {
            Self::File { .. } | Self::Delivery(_) => None,
            Self::Key { body_hash, .. } => body_hash.as_deref(),
        }
    }
}

/// Hex SHA-256 of parts that can not run into each other.
pub(crate) fn hash_of(parts: &[&str]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_do_not_share_keys() {
        let key = Position::Key { key: "k".to_owned(), body_hash: None };
        assert_eq!(key.key("a", "1"), key.key("b", "1"));
        assert_ne!(key.key("a", "1"), key.key("a", "2"));
        assert_ne!(hash_of(&["ab", "c"]), hash_of(&["a", "bc"]));
    }
}
