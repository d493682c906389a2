//! Attributes of a delivery: what came beside its content (surface.md §15.1).

use std::collections::BTreeMap;

use nightowl_core::value::{Object, Value, text_form};
use serde_json::{Map, Value as Json};

use super::scrub::without_tokens;

/// Names that may hold a token; they are kept in no store and no log.
const SECRETS: [&str; 2] = ["pat", "authorization"];

/// Message attributes, object metadata, headers. Names are compared without regard to case, `-` and `_`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// Adds an attribute; of names that are one and the same the last one counts.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(plain(name), value.into());
    }

    /// Adds the scalars among the members of an object.
    pub fn add_scalars(&mut self, members: &Object) {
        for (name, value) in members.iter() {
            if matches!(value, Value::Text(_) | Value::Boolean(_) | Value::Number(_)) {
                self.add(name, text_form(value));
            }
        }
    }

    /// An attribute that is not blank, by any spelling of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&plain(name)).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a JSON object, without tokens.
    pub fn shown(&self) -> Json {
        let shown = self.0.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
        // a value may be a whole document with a token in it
        Json::Object(shown.map(|(name, value)| (name.clone(), Json::String(without_tokens(value)))).collect::<Map<_, _>>())
    }

    /// Those that [`Attributes::shown`] gave.
    pub fn of_shown(shown: &Json) -> Self {
        let mut attributes = Self::default();
        for (name, value) in shown.as_object().into_iter().flatten() {
            attributes.add(name, value.as_str().unwrap_or_default());
        }
        attributes
    }
}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.shown())
    }
}

/// A name without what does not count.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '-' | '_')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_many_spellings_and_a_token_is_not_shown() {
        let mut attributes = Attributes::default();
        attributes.add("trigger-type", "merge");
        attributes.add("PAT", "secret");
        attributes.add("Authorization", "pat secret");
        attributes.add("forwarded", r#"{"pat": "secret", "code": "a"}"#);
        for name in ["triggerType", "trigger_type", "TRIGGERTYPE", "trigger-type"] {
            assert_eq!(attributes.get(name), Some("merge"));
        }
        assert_eq!(attributes.get("pat"), Some("secret"));
        assert_eq!(attributes.shown().to_string(), r#"{"forwarded":"{\"pat\":\"***\",\"code\":\"a\"}","triggertype":"merge"}"#);
        assert!(!format!("{attributes:?}").contains("secret"));
    }
}
