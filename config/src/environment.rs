//! The environment: which variables are ours and what they say (`engine.md §8`).

use crate::{
    alias::{Alias, Reading},
    error::Problem,
    ignored::{self, Ignored},
    kind::Kind,
    layer::{Candidate, Layer, candidate},
    sources::{Origin, Sources},
    suggest::nearest,
    table::{self, PREFIX, Setting},
};

/// What the environment holds for us.
pub(crate) struct Read {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) problems: Vec<Problem>,
}

/// What a variable's name means.
enum Meaning {
    Setting(&'static Setting, Reading, Layer),
    Ignored(&'static str),
    /// It says where the settings are, or is not ours.
    Nothing,
    Unknown,
}

/// Reads every variable. One that is blank counts as not set: platforms set empty variables for absent values.
pub(crate) fn read(sources: &Sources) -> Read {
    let mut result = Read { candidates: Vec::new(), ignored: Vec::new(), problems: Vec::new() };
    for (name, value) in &sources.environment {
        match meaning(name) {
            Meaning::Nothing => {}
            Meaning::Unknown => result.problems.push(unknown(name)),
            Meaning::Ignored(_) | Meaning::Setting(..) if value.trim().is_empty() => {}
            Meaning::Ignored(reason) => result.ignored.push(Ignored { name: name.clone(), reason }),
            Meaning::Setting(setting, reading, layer) => {
                let origin = Origin::Variable(name.clone());
                match read_variable(setting, reading, layer, origin, value) {
                    Ok(found) => result.candidates.extend(found),
                    Err(problem) => result.problems.push(problem),
                }
            }
        }
    }
    result
}

fn read_variable(setting: &'static Setting, reading: Reading, layer: Layer, origin: Origin, value: &str) -> Result<Option<Candidate>, Problem> {
    if !reading.is_boolean() {
        return candidate(setting, layer, origin, value, setting.kind.read_text(value)).map(Some);
    }
    let flag = candidate(setting, layer, origin, value, Kind::Bool.read_text(value))?;
    let said = flag.value.as_bool().and_then(|flag| reading.translate(flag));
    Ok(said.map(|value| Candidate { value, ..flag }))
}

fn meaning(name: &str) -> Meaning {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return bare(name, Layer::Bare).unwrap_or(Meaning::Nothing);
    };
    if name == "NIGHTOWL_CONFIG" {
        return Meaning::Nothing;
    }
    let own = table::settings().find(|setting| setting.short == Some(name) || setting.variable() == name);
    match own {
        Some(setting) => Meaning::Setting(setting, Reading::Same, Layer::Prefixed),
        None => bare(rest, Layer::Prefixed).unwrap_or(Meaning::Unknown),
    }
}

fn bare(name: &str, layer: Layer) -> Option<Meaning> {
    let aliases = table::settings().flat_map(|setting| setting.aliases.iter().map(move |alias| (setting, alias)));
    let known = aliases.into_iter().find(|(_, alias)| alias.name == name);
    match known {
        Some((setting, Alias { reading, .. })) => Some(Meaning::Setting(setting, *reading, layer)),
        None => ignored::reason(name).map(Meaning::Ignored),
    }
}

fn unknown(name: &str) -> Problem {
    let known: Vec<String> = table::settings().flat_map(names).chain(ignored::names().map(prefixed)).collect();
    let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Problem::VariableUnknown { name: name.to_owned(), nearest }
}

fn names(setting: &'static Setting) -> impl Iterator<Item = String> {
    let short = setting.short.into_iter().map(str::to_owned);
    short.chain([setting.variable()]).chain(setting.aliases.iter().map(|alias| prefixed(alias.name)))
}

fn prefixed(name: &str) -> String {
    format!("{PREFIX}{name}")
}
