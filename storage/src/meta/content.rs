//! The content of a definition and its hash: what two versions differ in (storage.md §15.6).

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

/// JSON text with the keys of every object in order and without blanks, so that equal content is equal text.
pub fn canonical(json: &Json) -> String {
    sorted(json).to_string()
}

/// The lower-case hex SHA-256 of the canonical text.
pub fn content_hash(json: &Json) -> String {
    Sha256::digest(canonical(json)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The wire form of a tuple without what a save changes by itself: version and audit.
pub(super) fn without_version(mut json: Json) -> Json {
    if let Some(object) = json.as_object_mut() {
        for key in ["version", "createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy"] {
            object.remove(key);
        }
    }
    json
}

fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_unstable();
            Json::Object(keys.into_iter().filter_map(|key| object.get(key).map(|value| (key.clone(), sorted(value)))).collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_of_keys_and_version_do_not_count() {
        let left = json!({"b": [{"y": 1, "x": null}], "a": "é", "version": 3});
        let right = json!({"a": "é", "b": [{"x": null, "y": 1}], "version": 4, "createdBy": "1"});
        assert_eq!(content_hash(&without_version(left)), content_hash(&without_version(right)));
    }

    #[test]
    fn the_hash_is_that_of_the_canonical_text() {
        assert_eq!(canonical(&json!({"b": 1, "a": 2})), r#"{"a":2,"b":1}"#);
        assert_eq!(content_hash(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
