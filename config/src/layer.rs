//! The layers of settings, and which of several values holds.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    error::Problem,
    secret::MASK,
    sources::Origin,
    table::{self, Setting},
};

/// Where a value was set, weakest first (`engine.md §8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Default,
    File,
    Bare,
    Prefixed,
    Option,
}

/// A value that somebody set.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) setting: &'static Setting,
    pub(crate) layer: Layer,
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

/// The value of a setting that holds; none where nothing is the default.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) value: Option<Value>,
    pub(crate) origin: Origin,
    pub(crate) layer: Layer,
}

/// The values that hold, by key.
pub(crate) type HeldByKey = BTreeMap<&'static str, Held>;

/// Takes one value as a problem or as a candidate. The value of a secret stays out of the problem.
pub(crate) fn candidate(setting: &'static Setting, layer: Layer, origin: Origin, written: &str, read: Result<Value, String>) -> Result<Candidate, Problem> {
    match read {
        Ok(value) => Ok(Candidate { setting, layer, origin, value }),
        Err(expected) => {
            let value = if setting.secret { MASK.to_owned() } else { shown(setting, written) };
            Err(Problem::ValueWrong { key: setting.key, value, origin, expected })
        }
    }
}

fn shown(setting: &Setting, written: &str) -> String {
    let text = setting.kind.show(&Value::String(written.to_owned()));
    if text.is_empty() { "an empty text".to_owned() } else { text }
}

/// Chooses the value of each setting: the strongest layer, within it the one value that is said.
pub(crate) fn choose(candidates: Vec<Candidate>, problems: &mut Vec<Problem>) -> HeldByKey {
    let mut groups: BTreeMap<&'static str, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        groups.entry(candidate.setting.key).or_default().push(candidate);
    }
    let mut held = HeldByKey::new();
    for setting in table::settings() {
        let group = groups.remove(setting.key).unwrap_or_default();
        let chosen = strongest(setting, group, problems).map_or_else(
            || Held { value: setting.default.and_then(|text| setting.kind.read_text(text).ok()), origin: Origin::Default, layer: Layer::Default },
            |candidate| Held { value: Some(candidate.value), origin: candidate.origin, layer: candidate.layer },
        );
        held.insert(setting.key, chosen);
    }
    held
}

fn strongest(setting: &'static Setting, mut group: Vec<Candidate>, problems: &mut Vec<Problem>) -> Option<Candidate> {
    let top = group.iter().map(|candidate| candidate.layer).max()?;
    group.retain(|candidate| candidate.layer == top);
    let first = match top {
        // Of two options with one key the later one was meant.
        Layer::Option => return group.pop(),
        // The two switches of the reference say one thing together: a clear "no tables are touched" goes first,
        // since the other one loses data (storage.md §11.8).
        Layer::Default | Layer::File | Layer::Bare | Layer::Prefixed if setting.key == "storage.sync" => {
            ["off", "force", "safe"].iter().find_map(|word| group.iter().find(|one| one.value == **word))?
        }
        Layer::Default | Layer::File | Layer::Bare | Layer::Prefixed => group.first()?,
    };
    let differs = group.iter().find(|other| setting.key != "storage.sync" && other.value != first.value);
    if let Some(other) = differs {
        problems.push(Problem::ValueTwice { key: setting.key, first: first.origin.clone(), second: other.origin.clone() });
    }
    Some(first.clone())
}
