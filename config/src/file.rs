//! The settings file: TOML, each value with its line.

use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    error::Problem,
    layer::{Candidate, Layer, candidate},
    sources::Origin,
    suggest::nearest,
    table,
};

/// What a file holds.
pub(crate) struct Read {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) problems: Vec<Problem>,
}

/// Reads a file's text. A mistake in the TOML does not hide the mistakes in the rest of it.
pub(crate) fn read(path: &str, text: &str) -> Read {
    let place = Place { path, text };
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut result = Read { candidates: Vec::new(), problems: Vec::new() };
    for error in errors {
        let origin = place.origin(error.span().map_or(0, |span| span.start));
        result.problems.push(Problem::FileSyntax { origin, reason: error.message().to_owned() });
    }
    walk(&place, "", document.get_ref(), &mut result);
    result
}

/// The file, for telling lines.
struct Place<'a> {
    path: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let before = self.text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Origin::File { path: self.path.to_owned(), line }
    }
}

fn walk(place: &Place<'_>, parent: &str, table: &DeTable<'_>, result: &mut Read) {
    for (name, value) in table {
        let key = if parent.is_empty() { name.get_ref().to_string() } else { format!("{parent}.{}", name.get_ref()) };
        // A syntax error may leave a name without a place of its own; the value has one.
        let origin = place.origin(name.span().start);
        if let Some(setting) = table::find(&key) {
            let (json, written) = (to_json(value), written(place.text, value));
            match candidate(setting, Layer::File, origin, &written, setting.kind.read_value(json)) {
                Ok(found) => result.candidates.push(found),
                Err(problem) => result.problems.push(problem),
            }
        } else if let (true, Some(section)) = (is_section(&key), value.get_ref().as_table()) {
            walk(place, &key, section, result);
        } else {
            result.problems.push(unknown(key, origin));
        }
    }
}

fn is_section(key: &str) -> bool {
    table::settings().any(|setting| setting.parts().0 == key)
}

/// An unknown key of the file or of an option, with what was probably meant.
pub(crate) fn unknown(key: String, origin: Origin) -> Problem {
    let alias = key.rsplit('.').next().unwrap_or(&key).to_ascii_uppercase();
    let by_alias = table::settings().find(|setting| setting.aliases.iter().any(|one| one.name == alias));
    let nearest = match by_alias {
        Some(setting) => Some(setting.key),
        None => nearest(&key, table::settings().map(|setting| setting.key)),
    };
    Problem::KeyUnknown { nearest: nearest.map(str::to_owned), key, origin }
}

fn written(text: &str, value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref().as_str() {
        Some(string) => format!("{string:?}"),
        None => text.get(value.span()).unwrap_or_default().to_owned(),
    }
}

fn to_json(value: &Spanned<DeValue<'_>>) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Number::from_i128(number).map_or(Value::Null, Value::Number),
            Err(_) => Value::Null,
        },
        DeValue::Float(number) => number.as_str().parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(to_json).collect()),
        DeValue::Table(table) => Value::Object(table.iter().map(|(name, value)| (name.get_ref().to_string(), to_json(value))).collect::<Map<_, _>>()),
    }
}
