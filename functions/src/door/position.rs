//! Where a trigger came from, as the key by which it is recognised when it comes again (surface.md §15.4).

use std::sync::Arc;

use nightowl_core::port::OrderedPosition;
use sha2::{Digest, Sha256};

use crate::input::hex;

/// The position of a trigger in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A line or element of a file, which is read in order.
    File {
        /// Hex SHA-256 of the unpacked content.
        content_hash: Arc<str>,
        /// The topic that the content is read for, where it does not name one itself.
        code: Option<Arc<str>>,
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
    /// Hex SHA-256 of everything that tells this trigger from others, where its position is kept by itself. Two tenants
    /// never share one.
    pub fn key(&self, code: &str, tenant_id: &str) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::Key { key, .. } => Some(hash_of(&["idempotency-key", tenant_id, key])),
            Self::Delivery(key) => Some(hash_of(&["delivery", key, code, tenant_id])),
        }
    }

    /// The place among the others of its source, where it is kept with them. What a tenant reads of a file stands by itself.
    pub fn ordered(&self, tenant_id: &str) -> Option<OrderedPosition> {
        let Self::File { content_hash, code, number } = self else { return None };
        let topic = hash_of(&["file", content_hash, code.as_deref().unwrap_or_default(), tenant_id]);
        Some(OrderedPosition { topic: topic.into(), offset: i64::try_from(*number).unwrap_or(i64::MAX) })
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
    hex(&hash.finalize())
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

    #[test]
    fn a_file_is_another_source_for_another_tenant_and_for_another_topic() {
        let line = |content: &str, code: Option<&str>| Position::File { content_hash: content.into(), code: code.map(Into::into), number: 7 };
        let of = |position: &Position, tenant: &str| position.ordered(tenant).unwrap().topic;
        let this = of(&line("c", None), "1");
        for other in [of(&line("d", None), "1"), of(&line("c", None), "2"), of(&line("c", Some("t")), "1")] {
            assert_ne!(this, other);
        }
        assert_eq!(this, of(&line("c", None), "1"));
        assert_eq!(line("c", None).ordered("1").unwrap().offset, 7);
        assert_eq!(line("c", None).key("t", "1"), None);
    }
}
