//! Loading: the layers put on one another, checked, and told where each value comes from.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    check, derive, environment,
    error::{ConfigError, Problem},
    file,
    ignored::Ignored,
    layer::{self, Held, HeldByKey, Layer, candidate},
    secret::MASK,
    settings::Settings,
    sources::{Origin, Sources},
    table::{self, Setting},
};

/// One line of `nightowl config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The setting's key.
    pub key: &'static str,
    /// The value in force, secrets as `***`; none where nothing is set.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// What the setting does.
    pub doc: &'static str,
}

/// Settings in force, with their origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    settings: Settings,
    entries: Vec<Entry>,
    ignored: Vec<Ignored>,
}

impl Loaded {
    /// Reads all sources, weakest first: defaults, file, bare names of the reference, `NIGHTOWL_…`, options.
    ///
    /// # Errors
    /// Every problem that there is, at once; the process then ends with [`ConfigError::exit_code`].
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut candidates = Vec::new();
        match sources.read_file() {
            Ok(Some((path, text))) => {
                let read = file::read(&path, &text);
                candidates.extend(read.candidates);
                problems.extend(read.problems);
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
        let variables = environment::read(sources);
        candidates.extend(variables.candidates);
        problems.extend(variables.problems);
        for (key, value) in &sources.overrides {
            match read_option(key, value) {
                Ok(found) => candidates.push(found),
                Err(problem) => problems.push(problem),
            }
        }
        let mut ignored = variables.ignored;
        let mut held = layer::choose(candidates, &mut problems);
        derive::complete(&mut held, sources, &mut ignored, &mut problems);
        problems.extend(check::check(&held));
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        let settings = build(&held).map_err(|problem| ConfigError::new(vec![problem]))?;
        let entries = table::settings().filter_map(|setting| entry(setting, held.get(setting.key)?)).collect();
        Ok(Self { settings, entries, ignored })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, taken out.
    #[must_use]
    pub fn into_settings(self) -> Settings {
        self.settings
    }

    /// Every setting with the value in force, masked where it is secret, and its origin, in the table's order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Variables of the reference that were set and have no effect here.
    #[must_use]
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// Whether nobody set this key. Unknown keys count as not set.
    #[must_use]
    pub fn is_default(&self, key: &str) -> bool {
        self.entries.iter().find(|entry| entry.key == key).is_none_or(|entry| entry.origin == Origin::Default)
    }
}

fn read_option(key: &str, value: &str) -> Result<layer::Candidate, Problem> {
    let origin = Origin::Option(key.to_owned());
    match table::find(key) {
        Some(setting) => candidate(setting, Layer::Option, origin, value, setting.kind.read_text(value)),
        None => Err(file::unknown(key.to_owned(), origin)),
    }
}

fn entry(setting: &'static Setting, held: &Held) -> Option<Entry> {
    let shown = held.value.as_ref().map(|value| match setting.secret {
        true => MASK.to_owned(),
        false => setting.kind.show(value),
    });
    Some(Entry { key: setting.key, value: shown, origin: held.origin.clone(), doc: setting.doc })
}

fn build(held: &HeldByKey) -> Result<Settings, Problem> {
    let mut root = Map::new();
    for setting in table::settings() {
        let (section, name) = setting.parts();
        let section = root.entry(section).or_insert_with(|| Value::Object(Map::new()));
        // An empty text in the file means "nothing", as a blank variable does.
        let value = held.get(setting.key).and_then(|one| one.value.clone());
        let value = value.filter(|value| setting.default.is_some() || value.as_str() != Some(""));
        if let (Value::Object(section), Some(value)) = (section, value) {
            section.insert(name.to_owned(), value);
        }
    }
    serde_json::from_value(Value::Object(root)).map_err(|error| Problem::TableBroken { reason: error.to_string() })
}
