//! Tokens are taken out of what is kept of a failed delivery (surface.md §15.5).
//!
//! What could be read loses its member `pat` by name. This is for texts that could not: it looks for what a token looks
//! like, and for what stands behind `"pat"`, also where the text is JSON inside of JSON.

use std::sync::Arc;

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{JsonStyle, Value, json_text, read_json};

use super::text::base64;

/// What stands in the place of a token.
const MASK: &str = "***";
/// What a token of ours begins with.
const OURS: &str = "ntwl_";
/// Names of members that hold a token.
const NAMES: [&str; 2] = ["pat", "authorization"];

/// How deep texts are looked into that hold documents themselves.
const LAYERS: u8 = 4;

/// The text without tokens. A document loses its members that hold one, also in documents that stand in its texts, plain
/// or in base64; of any other text what looks like a token goes.
pub(super) fn without_tokens(text: &str) -> String {
    cleaned(text, LAYERS)
}

/// Bytes without tokens: as they are where nothing in them looks like one, else as text.
pub(super) fn bytes_without_tokens(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let clean = without_tokens(&text);
    if clean == text { bytes.to_vec() } else { clean.into_bytes() }
}

fn cleaned(text: &str, layers: u8) -> String {
    let Some(inner) = layers.checked_sub(1) else { return MASK.to_owned() };
    let plain = document(text);
    let packed = || base64(text).and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|decoded| document(&decoded));
    let Some(document) = plain.or_else(packed) else { return without_members(&without_ours(text)) };
    let clean = without_secret_members(&document, inner);
    // what holds no token stays as it was written
    if clean == document { text.to_owned() } else { json_text(&clean, JsonStyle::Document) }
}

/// The document that a text is.
fn document(text: &str) -> Option<Value> {
    read_json(text, JSON_DEPTH).ok().filter(|value| matches!(value, Value::Object(_) | Value::Array(_)))
}

fn without_secret_members(value: &Value, layers: u8) -> Value {
    match value {
        Value::Text(text) => Value::from(cleaned(text, layers)),
        Value::Array(items) => Value::array(items.iter().map(|item| without_secret_members(item, layers)).collect()),
        Value::Object(members) => {
            let clean = |name: &str, member: &Value| match member {
                Value::Null => Value::Null,
                _ if NAMES.iter().any(|secret| secret.eq_ignore_ascii_case(name)) => Value::from(MASK),
                member => without_secret_members(member, layers),
            };
            Value::Object(members.iter().map(|(name, member)| (Arc::clone(name), clean(name, member))).collect())
        }
        other => other.clone(),
    }
}

/// Without what looks like a token of ours: from its prefix to the end of the word.
fn without_ours(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OURS) {
        kept.push_str(before);
        kept.push_str(MASK);
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    }
    kept.push_str(rest);
    kept
}

/// Without the texts of the members that hold a token, however often their quotes are escaped.
fn without_members(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        kept.push_str(before);
        let after_quote = quoted.strip_prefix('"').unwrap_or_default();
        kept.push('"');
        rest = after_quote;
        let name = NAMES.iter().find(|name| after_quote.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
        let Some(name) = name else { continue };
        let behind = after_quote.get(name.len()..).unwrap_or_default();
        let Some(value) = value_behind(behind) else { continue };
        // up to the opening quote of the value, then the mask, then the rest from its end
        let head = after_quote.len() - value.len();
        kept.push_str(after_quote.get(..head).unwrap_or_default());
        kept.push_str(MASK);
        rest = value.trim_start_matches(|letter: char| letter != '"' && letter != '\\' && letter != '\n');
    }
    kept.push_str(rest);
    kept
}

/// The text of a member's value, from behind its opening quote: `":"`, with any blanks and backslashes.
fn value_behind(behind_name: &str) -> Option<&str> {
    let rest = behind_name.trim_start_matches('\\').strip_prefix('"')?;
    let rest = rest.trim_start().strip_prefix(':')?;
    rest.trim_start().trim_start_matches('\\').strip_prefix('"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_go_and_the_rest_stays() {
        let cases = [
            (r#"{"code":"a","pat":"Qm1c0Jt9xW4zR7uLk2sVHA","data":{"#, r#"{"code":"a","pat":"***","data":{"#),
            (r#"{"body":"{\"PAT\" : \"Qm1c\",\"x\":1"#, r#"{"body":"{\"PAT\" : \"***\",\"x\":1"#),
            ("x ntwl_4kQ0aZr81TcP_abcDEF123 y", "x *** y"),
            (r#"{"pat": {"stringListValues": [], "stringValue": "Qm1c", "dataType": "String"}}"#, r#"{"pat":"***"}"#),
            (r#"{"body":"{\"pat\":\"Qm1c\",\"n\":1.10}"}"#, r#"{"body":"{\"pat\":\"***\",\"n\":1.10}"}"#),
            // {"pat":"x"} in base64
            (r#"{"Message":"eyJwYXQiOiJ4In0="}"#, r#"{"Message":"{\"pat\":\"***\"}"}"#),
            (r#"{"pattern":"kept","path":"kept","n":1506416585881590900}"#, r#"{"pattern":"kept","path":"kept","n":1506416585881590900}"#),
            (r#"{"pat":null}"#, r#"{"pat":null}"#),
            ("Sample content.", "Sample content."),
        ];
        for (text, expected) in cases {
            assert_eq!(without_tokens(text), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[pat\"\\\\:{}ntwl_ é,]{0,60}") {
            let _kept = without_tokens(&text);
        }

        #[test]
        fn a_token_behind_its_name_is_never_kept(before in "[a-z\"{} ]{0,20}", depth in 0_usize..3) {
            let quote = format!("{}\"", "\\".repeat(depth));
            let kept = without_tokens(&format!("{before},{quote}pat{quote}: {quote}Qm1c0Jt9xW4zR7{quote}"));
            prop_assert!(!kept.contains("Qm1c0Jt9xW4zR7"));
        }
    }
}
