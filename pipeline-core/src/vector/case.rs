//! Reading vector files: strictly, so that a misspelt field is noticed.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::value::Value;
use crate::value::json::from_tagged;

/// Why a vector file or one of its cases can not be used (`vector-malformed`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct VectorError {
    /// The case, by its id or position, and the field.
    pub place: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl VectorError {
    pub(super) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }
}

/// The kinds of cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseKind {
    /// A constant parameter.
    Constant,
    /// A variable parameter.
    Variable,
    /// A computed parameter.
    Computed,
    /// A topic parameter.
    Factor,
    /// One operator.
    Compare,
    /// A condition in memory.
    Condition,
    /// Reading a date.
    ParseDate,
    /// Reading a time of day.
    ParseTime,
    /// The strict cast.
    Cast,
    /// Protecting one value.
    Encrypt,
    /// Taking the protection away.
    Decrypt,
    /// Steps of preparation.
    Prepare,
    /// A condition as criteria.
    StorageCriteria,
}

/// The common fields of kinds that evaluate definitions.
const EVALUATION: [&str; 7] = ["current", "previous", "variables", "variables_from", "topic", "zone", "now"];

impl CaseKind {
    /// All kinds with their texts.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Constant, "constant"),
        (Self::Variable, "variable"),
        (Self::Computed, "computed"),
        (Self::Factor, "factor"),
        (Self::Compare, "compare"),
        (Self::Condition, "condition"),
        (Self::ParseDate, "parse-date"),
        (Self::ParseTime, "parse-time"),
        (Self::Cast, "cast"),
        (Self::Encrypt, "encrypt"),
        (Self::Decrypt, "decrypt"),
        (Self::Prepare, "prepare"),
        (Self::StorageCriteria, "storage-criteria"),
    ];

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| *name == text).map(|(kind, _)| kind)
    }

    /// The fields that the input must have.
    const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Constant => &["value"],
            Self::Variable | Self::Computed => &["parameter"],
            Self::Factor => &["factor", "topic"],
            Self::Compare => &["left", "operator", "right"],
            Self::Condition => &["condition"],
            Self::ParseDate | Self::ParseTime => &["text"],
            Self::Cast => &["value", "type"],
            Self::Encrypt | Self::Decrypt => &["method", "value"],
            Self::Prepare => &["topic", "data", "steps"],
            Self::StorageCriteria => &["topic", "condition"],
        }
    }

    /// The common fields that the input may have.
    const fn common(self) -> &'static [&'static str] {
        match self {
            Self::Constant | Self::Variable | Self::Computed | Self::Factor | Self::Condition | Self::StorageCriteria => &EVALUATION,
            Self::Prepare => &["topic", "zone"],
            Self::Compare | Self::ParseDate | Self::ParseTime | Self::Cast | Self::Encrypt | Self::Decrypt => &["zone"],
        }
    }
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id, unique within the file.
    pub id: String,
    /// What is evaluated.
    pub kind: CaseKind,
    /// From what; the fields are those of its kind.
    pub input: Map<String, Json>,
    /// The required value; `None` where the evaluation has to fail.
    pub expect: Option<Value>,
}

/// Reads a file of cases.
///
/// # Errors
/// [`VectorError`] for a file that is no JSON array of objects, and for each case that is not as its kind requires.
pub fn read_file(text: &str) -> Result<Vec<Result<Case, VectorError>>, VectorError> {
    let json: Json = serde_json::from_str(text).map_err(|error| VectorError::new("file", format!("is no JSON: {error}")))?;
    let Json::Array(items) = json else { return Err(VectorError::new("file", "is no JSON array of cases")) };
    let mut ids = BTreeSet::new();
    let read_one = |(index, item): (usize, &Json)| {
        let case = Case::read(item, index)?;
        if ids.insert(case.id.clone()) { Ok(case) } else { Err(VectorError::new(case.id, "another case has this id")) }
    };
    Ok(items.iter().enumerate().map(read_one).collect())
}

impl Case {
    fn read(json: &Json, index: usize) -> Result<Self, VectorError> {
        let position = format!("case {}", index + 1);
        let Json::Object(fields) = json else { return Err(VectorError::new(position, "is no object")) };
        let id = fields.get("id").and_then(Json::as_str).ok_or_else(|| VectorError::new(position, "has no id"))?.to_owned();
        let wrong = |reason: String| VectorError::new(id.clone(), reason);
        check_keys(fields, &["id", "kind", "input", "expect"], &["reference", "deviation", "note"]).map_err(wrong)?;
        let kind_text = fields.get("kind").and_then(Json::as_str).unwrap_or_default();
        let kind = CaseKind::parse(kind_text).ok_or_else(|| wrong(format!("kind \"{kind_text}\" is not known")))?;
        let Some(Json::Object(input)) = fields.get("input") else { return Err(wrong("input is no object".to_owned())) };
        check_keys(input, kind.required(), kind.common()).map_err(|reason| wrong(format!("input {reason}")))?;
        let expect = match fields.get("expect") {
            Some(Json::Object(expect)) if expect.len() == 1 && expect.get("$error") == Some(&Json::Bool(true)) => None,
            Some(expect) => Some(from_tagged(expect).map_err(|error| wrong(format!("expect: {error}")))?),
            None => return Err(wrong("has no expect".to_owned())),
        };
        Ok(Self { id: id.clone(), kind, input: input.clone(), expect })
    }

    /// A field of the input; null where it is missing.
    pub(super) fn field(&self, name: &str) -> &Json {
        self.input.get(name).unwrap_or(&Json::Null)
    }

    /// A field of the input that is a text.
    pub(super) fn text(&self, name: &str) -> Result<&str, VectorError> {
        self.field(name).as_str().ok_or_else(|| self.wrong(name, "is no text"))
    }

    /// A field of the input that is a value.
    pub(super) fn value(&self, name: &str) -> Result<Value, VectorError> {
        from_tagged(self.field(name)).map_err(|error| self.wrong(name, &error.to_string()))
    }

    /// A field of the input that is one of the texts of an enumeration.
    pub(super) fn choice<E>(&self, name: &str, parse: impl FnOnce(&str) -> Option<E>) -> Result<E, VectorError> {
        let text = self.text(name)?;
        parse(text).ok_or_else(|| self.wrong(name, &format!("\"{text}\" is not known")))
    }

    /// The error of a field.
    pub(super) fn wrong(&self, name: &str, reason: &str) -> VectorError {
        VectorError::new(format!("{} input {name}", self.id), reason)
    }
}

/// Checks that all required keys are there and no others than those allowed.
pub(super) fn check_keys(object: &Map<String, Json>, required: &[&str], allowed: &[&str]) -> Result<(), String> {
    if let Some(missing) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(format!("has no {missing}"));
    }
    match object.keys().find(|name| !required.contains(&name.as_str()) && !allowed.contains(&name.as_str())) {
        Some(unknown) => Err(format!("has the unknown field {unknown}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Result<Case, VectorError> {
        read_file(text).unwrap().remove(0)
    }

    #[test]
    fn misspelt_fields_are_noticed() {
        assert!(only(r#"[{"id": "a", "kind": "parse-date", "input": {"text": ""}, "expect": null}]"#).is_ok());
        for text in [
            r#"[{"id": "a", "kind": "parse-dates", "input": {"text": ""}, "expect": null}]"#,
            r#"[{"id": "a", "kind": "parse-date", "input": {"txt": ""}, "expect": null}]"#,
            r#"[{"id": "a", "kind": "parse-date", "input": {"text": "", "current": {}}, "expect": null}]"#,
            r#"[{"id": "a", "kind": "parse-date", "input": {"text": ""}}]"#,
            r#"[{"id": "a", "kind": "parse-date", "input": {"text": ""}, "expect": {"$date": "x"}}]"#,
            r#"[{"id": "a", "kind": "parse-date", "input": {"text": ""}, "expect": null, "extra": 1}]"#,
        ] {
            assert!(only(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let case = r#"{"id": "a", "kind": "parse-date", "input": {"text": ""}, "expect": null}"#;
        let cases = read_file(&format!("[{case}, {case}]")).unwrap();
        assert!(cases[0].is_ok() && cases[1].is_err());
    }
}
