//! The kinds of values that settings take: reading, bounds and what would be right.

use std::str::FromStr;

use serde_json::{Number, Value};

use crate::secret::mask_url;

/// The schemes of stores that can be opened (`design.md §4`).
const STORE_SCHEMES: &[&str] = &["sqlite:", "postgres://", "postgresql://", "mysql://", "mariadb://"];

/// The directives of date formats; digits only are compared (`engine.md §1.9`).
const DATE_DIRECTIVES: &str = "YymdHMSf";

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`; `1` and `0` in variables.
    Bool,
    /// A whole number within bounds, both included.
    Whole {
        /// The smallest value.
        min: u64,
        /// The largest value.
        max: u64,
        /// What is counted: `ms`, `seconds`, `bytes`, `rows` …
        unit: &'static str,
    },
    /// A number of events per second, more than 0.
    Rate,
    /// Any text.
    Text,
    /// One of the texts given, which are in lower case; capitals make no difference.
    Choice(&'static [&'static str]),
    /// `host:port`.
    Listen,
    /// An IANA time zone name.
    Zone,
    /// The URL of a store.
    StoreUrl,
    /// A path of the file system.
    Path,
    /// A list of texts; in a variable a JSON array, or separated by commas.
    Texts,
    /// A list of date formats; in a variable a JSON array.
    DatePatterns,
    /// A key of exactly so many bytes.
    Key {
        /// The length.
        bytes: usize,
    },
    /// A list of event routes; in a variable a JSON array of objects.
    Routes,
    /// A list of schedules; in a variable a JSON array of objects.
    Schedules,
}

impl Kind {
    /// Reads a value as a variable or an option writes it.
    ///
    /// # Errors
    /// What the value must be, when it is not.
    pub(crate) fn read_text(self, text: &str) -> Result<Value, String> {
        let trimmed = text.trim();
        let value = match self {
            Self::Bool => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "1" => Value::Bool(true),
                "false" | "0" => Value::Bool(false),
                _ => return Err(self.expected()),
            },
            Self::Whole { .. } => trimmed.parse::<u64>().map(Value::from).map_err(|_| self.expected())?,
            Self::Rate => Number::from_str(trimmed).map(Value::Number).map_err(|_| self.expected())?,
            Self::Texts if !trimmed.starts_with('[') => {
                Value::Array(trimmed.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| Value::String(part.to_owned())).collect())
            }
            Self::Texts | Self::DatePatterns | Self::Routes | Self::Schedules => serde_json::from_str(trimmed).map_err(|_| self.expected())?,
            Self::Choice(_) | Self::Listen | Self::Zone | Self::StoreUrl | Self::Path => Value::String(trimmed.to_owned()),
            Self::Text | Self::Key { .. } => Value::String(text.to_owned()),
        };
        self.read_value(value)
    }

    /// Checks a value as the file writes it, types included: a number in quotes is refused.
    ///
    /// # Errors
    /// What the value must be, when it is not.
    pub(crate) fn read_value(self, value: Value) -> Result<Value, String> {
        let value = match (self, value) {
            (Self::Choice(_), Value::String(text)) => Value::String(text.to_ascii_lowercase()),
            (_, value) => value,
        };
        if self.takes(&value) { Ok(value) } else { Err(self.expected()) }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Whole { min, max, .. } => value.as_u64().is_some_and(|number| (min..=max).contains(&number)),
            Self::Rate => value.as_f64().is_some_and(|rate| rate.is_finite() && rate > 0.0),
            Self::Text | Self::Path => value.is_string(),
            Self::Choice(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
            Self::Listen => value.as_str().is_some_and(is_address),
            Self::Zone => value.as_str().is_some_and(|zone| chrono_tz::Tz::from_str(zone).is_ok()),
            Self::StoreUrl => value.as_str().is_some_and(is_store_url),
            Self::Texts => all(value, Value::is_string),
            Self::DatePatterns => all(value, |item| item.as_str().is_some_and(is_date_pattern)) && value != &Value::Array(Vec::new()),
            Self::Key { bytes } => value.as_str().is_some_and(|key| key.len() == bytes),
            Self::Routes | Self::Schedules => all(value, Value::is_object),
        }
    }

    /// What a value must be, in words.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Whole { min, max: u64::MAX, unit } => format!("a whole number ({unit}), at least {min}"),
            Self::Whole { min, max, unit } => {
                format!("a whole number from {min} to {max} ({unit})")
            }
            Self::Rate => "a number above 0, counted per second".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Choice(texts) => format!("one of {}", texts.join(", ")),
            Self::Listen => "host:port, for example 127.0.0.1:8800".to_owned(),
            Self::Zone => "an IANA time zone such as Asia/Shanghai or UTC".to_owned(),
            Self::StoreUrl => "sqlite://file.db, sqlite::memory:, postgres://… or mysql://…".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::DatePatterns => "a JSON array of patterns such as \"%Y%m%d\", digits only".to_owned(),
            Self::Key { bytes } => format!("exactly {bytes} bytes long"),
            Self::Routes => "a list of routes, each a table with match, mode, code …".to_owned(),
            Self::Schedules => "a list of schedules, each a table with name, at and perhaps payload".to_owned(),
        }
    }

    /// The value as it may be shown; secrets have been dealt with before.
    pub(crate) fn show(self, value: &Value) -> String {
        match (self, value) {
            (Self::StoreUrl, Value::String(url)) => mask_url(url),
            (_, Value::String(text)) => text.clone(),
            _ => value.to_string(),
        }
    }
}

fn all(value: &Value, test: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(test))
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn is_store_url(url: &str) -> bool {
    STORE_SCHEMES.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

fn is_date_pattern(pattern: &str) -> bool {
    let mut letters = pattern.chars();
    let mut directives = 0;
    while let Some(letter) = letters.next() {
        if letter != '%' || !letters.next().is_some_and(|name| DATE_DIRECTIVES.contains(name)) {
            return false;
        }
        directives += 1;
    }
    directives > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_part_of_the_kind() {
        let depth = Kind::Whole { min: 1, max: 1024, unit: "levels" };
        assert!(depth.read_text("1024").is_ok());
        assert_eq!(depth.read_text("1025"), Err("a whole number from 1 to 1024 (levels)".to_owned()));
        assert!(depth.read_text("-1").is_err());
        assert!(depth.read_value(Value::String("3".to_owned())).is_err());
    }

    #[test]
    fn booleans_have_four_spellings() {
        for (text, flag) in [("true", true), ("1", true), ("FALSE", false), ("0", false)] {
            assert_eq!(Kind::Bool.read_text(text), Ok(Value::Bool(flag)));
        }
        assert!(Kind::Bool.read_text("yes").is_err());
    }

    #[test]
    fn lists_come_as_json_or_with_commas() {
        let expected = serde_json::json!(["a", "b"]);
        assert_eq!(Kind::Texts.read_text("a, b"), Ok(expected.clone()));
        assert_eq!(Kind::Texts.read_text("[\"a\",\"b\"]"), Ok(expected));
        assert!(Kind::Texts.read_text("[1]").is_err());
    }

    #[test]
    fn date_patterns_hold_directives_only() {
        assert!(Kind::DatePatterns.read_text("[\"%Y%m%d\"]").is_ok());
        for wrong in ["[\"%Y-%m-%d\"]", "[\"%Q\"]", "[]", "%Y%m%d", "[\"\"]"] {
            assert!(Kind::DatePatterns.read_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn stores_zones_and_addresses_are_looked_at() {
        assert!(Kind::StoreUrl.read_text("sqlite::memory:").is_ok());
        assert!(Kind::StoreUrl.read_text("oracle://h/d").is_err());
        assert!(Kind::Zone.read_text("Asia/Shanghai").is_ok());
        assert!(Kind::Zone.read_text("Shanghai").is_err());
        assert!(Kind::Listen.read_text("[::1]:8800").is_ok());
        assert!(Kind::Listen.read_text("8800").is_err());
    }
}
