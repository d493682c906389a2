//! Reading JSON objects of a fixed shape: every key is asked for, every other key is an error with its place.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::error::ScenarioError;

/// The members of one object of a file, with its place for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'a> {
    file: &'a Path,
    at: &'a str,
    members: &'a Map<String, Json>,
}

impl<'a> Members<'a> {
    /// The object at a place; an error when it is none, or when it has a key that is not among `known`.
    pub(super) fn of(file: &'a Path, at: &'a str, json: &'a Json, known: &[&str]) -> Result<Self, ScenarioError> {
        let Json::Object(members) = json else {
            return Err(shape(file, at, format!("an object is needed, not {}", kind(json))));
        };
        let this = Self { file, at, members };
        match members.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(this.wrong(key, format!("unknown key; known are {}", known.join(", ")))),
            None => Ok(this),
        }
    }

    /// An error at one of the keys.
    pub(super) fn wrong(&self, key: &str, reason: impl Into<String>) -> ScenarioError {
        let at = if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) };
        shape(self.file, &at, reason.into())
    }

    /// Whatever stands under a key.
    pub(super) fn get(&self, key: &str) -> Option<&'a Json> {
        self.members.get(key)
    }

    /// What stands under a key that must be there.
    pub(super) fn required(&self, key: &str) -> Result<&'a Json, ScenarioError> {
        self.get(key).ok_or_else(|| self.wrong(key, "the key is missing"))
    }

    /// A text that must be there.
    pub(super) fn text(&self, key: &str) -> Result<&'a str, ScenarioError> {
        let json = self.required(key)?;
        json.as_str().ok_or_else(|| self.wrong(key, format!("a text is needed, not {}", kind(json))))
    }

    /// A text that may be missing.
    pub(super) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, ScenarioError> {
        if self.get(key).is_some() { self.text(key).map(Some) } else { Ok(None) }
    }

    /// A list that must be there.
    pub(super) fn list(&self, key: &str) -> Result<&'a [Json], ScenarioError> {
        match self.required(key)? {
            Json::Array(items) => Ok(items),
            other => Err(self.wrong(key, format!("a list is needed, not {}", kind(other)))),
        }
    }

    /// A list whose elements are objects.
    pub(super) fn objects(&self, key: &str) -> Result<&'a [Json], ScenarioError> {
        let items = self.list(key)?;
        match items.iter().position(|item| !item.is_object()) {
            Some(index) => Err(self.wrong(&format!("{key}[{index}]"), "an object is needed")),
            None => Ok(items),
        }
    }

    /// A flag; false when it is missing.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ScenarioError> {
        match self.get(key) {
            None => Ok(false),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(key, format!("true or false is needed, not {}", kind(other)))),
        }
    }
}

/// Reads a file as JSON.
pub(super) fn read_json_file(file: &Path) -> Result<Json, ScenarioError> {
    let content = std::fs::read(file).map_err(|source| ScenarioError::Unreadable { file: file.to_owned(), source })?;
    serde_json::from_slice(&content).map_err(|error| ScenarioError::NotJson { file: file.to_owned(), reason: error.to_string() })
}

/// An error of shape.
pub(super) fn shape(file: &Path, at: &str, reason: String) -> ScenarioError {
    let at = if at.is_empty() { "the document" } else { at };
    ScenarioError::Shape { file: file.to_owned(), at: at.to_owned(), reason }
}

/// The kind of a JSON value, for messages.
pub(super) const fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
