//! The table of settings: key, kind, default, meaning and aliases of each, and nothing else about them anywhere.
//!
//! A setting is added by one line in the file of its section and one field in the struct of the same name; a test
//! fails while only one of the two is there.

mod auth;
mod connect;
mod engine;
mod event;
mod http;
mod storage;

use crate::{alias::Alias, kind::Kind};

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// `section.name`, as the file writes it.
    pub key: &'static str,
    /// The values that it takes.
    pub kind: Kind,
    /// The value in force when nobody sets one, written as in a variable; none where nothing is the default.
    pub default: Option<&'static str>,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Names of the reference, bare or with `NIGHTOWL_` before them.
    pub aliases: &'static [Alias],
    /// The short variable that `design.md §4` fixes, if any.
    pub short: Option<&'static str>,
    /// Whether the value is never shown.
    pub secret: bool,
}

impl Setting {
    const fn new(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Self {
        Self { key, kind, default: Some(default), doc, aliases: &[], short: None, secret: false }
    }

    const fn optional(key: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { key, kind, default: None, doc, aliases: &[], short: None, secret: false }
    }

    const fn aliases(self, aliases: &'static [Alias]) -> Self {
        Self { aliases, ..self }
    }

    const fn short(self, name: &'static str) -> Self {
        Self { short: Some(name), ..self }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The section and the name within it.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    /// The variable that is spelled like the key: `engine.time_zone` gives `NIGHTOWL_ENGINE__TIME_ZONE`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_ascii_uppercase().replace('.', "__"))
    }
}

/// What every variable of ours begins with.
pub const PREFIX: &str = "NIGHTOWL_";

/// All settings, section by section.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    [
        storage::STORAGE,
        storage::META_STORAGE,
        storage::SNOWFLAKE,
        storage::CACHE,
        engine::ENGINE,
        engine::TRACE,
        engine::LIMITS,
        engine::EXTERNAL,
        engine::LOG,
        auth::AUTH,
        auth::OIDC,
        http::HTTP,
        http::ADMIN,
        event::EVENT,
        event::FUNCTION,
        event::DRIVER,
        connect::CONSUME,
        connect::KAFKA,
        connect::RABBITMQ,
    ]
    .into_iter()
    .flatten()
}

/// The setting of a key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

const fn whole(min: u64, max: u64, unit: &'static str) -> Kind {
    Kind::Whole { min, max, unit }
}

const fn at_least(min: u64, unit: &'static str) -> Kind {
    Kind::Whole { min, max: u64::MAX, unit }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for setting in settings() {
            if let Some(default) = setting.default {
                assert!(setting.kind.read_text(default).is_ok(), "{}", setting.key);
            }
        }
    }

    #[test]
    fn no_name_means_two_settings() {
        let mut seen = BTreeSet::new();
        for setting in settings() {
            assert!(seen.insert(setting.key.to_owned()), "{}", setting.key);
            assert!(seen.insert(setting.variable()), "{}", setting.key);
            let short = setting.short.into_iter().map(str::to_owned);
            for name in short.chain(setting.aliases.iter().map(|alias| alias.name.to_owned())) {
                assert!(crate::ignored::reason(&name).is_none(), "{name} is also ignored");
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
    }

    #[test]
    fn every_key_has_a_section_and_a_sentence() {
        for setting in settings() {
            assert_ne!(setting.parts().0, "", "{}", setting.key);
            assert!(setting.doc.len() > 10, "{}", setting.key);
        }
    }
}
