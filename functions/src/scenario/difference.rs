//! Differences between what is expected and what is there, each with its path.

use std::fmt;

use serde_json::Value as Json;

/// How many differences of a scenario are kept; the rest is counted.
pub const KEPT: usize = 20;
/// How many characters of a value a difference shows.
const SHOWN: usize = 240;

/// One place where two documents are not the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The place, as `logs[3].stages[0].status`; indices count in what is expected.
    pub path: String,
    /// What should be there; `None`: nothing.
    pub expected: Option<Json>,
    /// What is there; `None`: nothing.
    pub actual: Option<Json>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: expected {}, got {}", self.path, shown(self.expected.as_ref()), shown(self.actual.as_ref()))
    }
}

/// The differences of one scenario: the first ones, and how many there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    kept: Vec<Difference>,
    total: usize,
}

impl Differences {
    /// The first ones, at most [`KEPT`].
    pub fn kept(&self) -> &[Difference] {
        &self.kept
    }

    /// How many there are.
    pub const fn total(&self) -> usize {
        self.total
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Adds one.
    pub fn add(&mut self, path: impl Into<String>, expected: Option<&Json>, actual: Option<&Json>) {
        self.total += 1;
        if self.kept.len() < KEPT {
            self.kept.push(Difference { path: path.into(), expected: expected.cloned(), actual: actual.cloned() });
        }
    }

    /// Compares two documents in their normal form, whole: every key, every element.
    pub fn compare(&mut self, path: &str, expected: Option<&Json>, actual: Option<&Json>) {
        match (expected, actual) {
            (Some(Json::Object(expected)), Some(Json::Object(actual))) => {
                for key in keys(expected, actual) {
                    self.compare(&member(path, key), expected.get(key), actual.get(key));
                }
            }
            (Some(Json::Array(expected)), Some(Json::Array(actual))) => {
                for index in 0..expected.len().max(actual.len()) {
                    self.compare(&format!("{path}[{index}]"), expected.get(index), actual.get(index));
                }
            }
            _ if expected == actual => {}
            _ => self.add(path, expected, actual),
        }
    }
}

/// The keys of two objects, each once: first those of the one, then those that only the other has.
pub(super) fn keys<'a>(one: &'a serde_json::Map<String, Json>, other: &'a serde_json::Map<String, Json>) -> impl Iterator<Item = &'a str> {
    let only_other = other.keys().filter(|key| !one.contains_key(*key));
    one.keys().chain(only_other).map(String::as_str)
}

/// The path of a member.
pub(super) fn member(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(value: Option<&Json>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(expected: &Json, actual: &Json) -> Vec<String> {
        let mut differences = Differences::default();
        differences.compare("x", Some(expected), Some(actual));
        differences.kept().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn key_order_does_not_count_and_everything_else_does() {
        assert!(compared(&json!({"a": 1, "b": [1, 2]}), &json!({"b": [1, 2], "a": 1})).is_empty());
        assert_eq!(compared(&json!({"a": {"b": [1, 2]}}), &json!({"a": {"b": [1, 3]}})), ["x.a.b[1]: expected 2, got 3"]);
        assert_eq!(compared(&json!({"a": null}), &json!({})), ["x.a: expected null, got nothing"]);
        assert_eq!(compared(&json!({}), &json!({"a": ""})), ["x.a: expected nothing, got \"\""]);
        assert_eq!(compared(&json!([1]), &json!([1, 2])), ["x[1]: expected nothing, got 2"]);
        assert_eq!(compared(&json!("1"), &json!(1)), ["x: expected \"1\", got 1"]);
        assert_eq!(compared(&json!(true), &json!(1)), ["x: expected true, got 1"]);
    }

    #[test]
    fn only_the_first_differences_are_kept() {
        let mut differences = Differences::default();
        let many: Vec<Json> = (0..50).map(Json::from).collect();
        differences.compare("x", Some(&Json::Array(many)), Some(&json!([])));
        assert_eq!((differences.kept().len(), differences.total()), (KEPT, 50));
    }

    #[test]
    fn long_values_are_shortened() {
        let difference = Difference { path: "x".to_owned(), expected: Some(json!("ä".repeat(500))), actual: None };
        assert!(difference.to_string().chars().count() < 300);
    }
}
