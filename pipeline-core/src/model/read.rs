//! Reading definitions from JSON: lenient about what is missing, exact about what is wrong.

use serde_json::{Map, Value as Json};

use super::{Place, Problems};

/// An enumeration with texts on the wire.
pub trait WireEnum: Sized {
    /// The value of a text.
    fn parse(text: &str) -> Option<Self>;
    /// All texts, for messages.
    fn choices() -> String;
}

/// Reads one JSON object of a definition and notes what is wrong with it.
#[derive(Debug)]
pub struct Reader<'a> {
    object: &'a Map<String, Json>,
    place: Place,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    /// A reader of `json`, which has to be an object. Anything else is noted (`definition-not-an-object`).
    pub fn new(json: &'a Json, place: Place, problems: &'a mut Problems) -> Option<Self> {
        match json {
            Json::Object(object) => Some(Self { object, place, problems }),
            other => {
                problems.error("definition-not-an-object", &place, format!("is {}, not an object", kind_of(other)), "write a JSON object");
                None
            }
        }
    }

    /// Where this object is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Moves the place, once the object's own name is known.
    pub fn set_place(&mut self, place: Place) {
        self.place = place;
    }

    /// The place of a key.
    pub fn at(&self, key: &str) -> Place {
        self.place.key(key)
    }

    /// The collection of problems.
    pub fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    /// The raw value of a key; null counts as missing.
    pub fn raw(&self, key: &str) -> Option<&'a Json> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Notes a value of the wrong kind.
    fn wrong_kind(&mut self, key: &str, found: &Json, wanted: &str) {
        let place = self.at(key);
        self.problems.error("definition-wrong-kind", &place, format!("is {}, not {wanted}", kind_of(found)), format!("write {wanted}"));
    }

    /// A text; numbers and booleans are taken as their text, since ids are sometimes written as numbers.
    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.raw(key)? {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(flag) => Some(flag.to_string()),
            other => {
                self.wrong_kind(key, other, "a text");
                None
            }
        }
    }

    /// A text that is not blank.
    pub fn filled(&mut self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.trim().is_empty())
    }

    /// A text that has to be there and not blank; noted as `definition-missing` otherwise, and then empty.
    pub fn required(&mut self, key: &str) -> String {
        self.filled(key).unwrap_or_else(|| {
            let place = self.at(key);
            self.problems.error("definition-missing", &place, "is missing or blank", format!("give {key}"));
            String::new()
        })
    }

    /// A boolean.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        match self.raw(key)? {
            Json::Bool(flag) => Some(*flag),
            Json::Number(number) if number.to_string() == "1" => Some(true),
            Json::Number(number) if number.to_string() == "0" => Some(false),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => {
                self.wrong_kind(key, other, "true or false");
                None
            }
        }
    }

    /// An integer.
    pub fn integer(&mut self, key: &str) -> Option<i64> {
        let found = self.raw(key)?;
        let value = match found {
            Json::Number(number) => number.as_i64(),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        if value.is_none() {
            self.wrong_kind(key, found, "an integer");
        }
        value
    }

    /// One of the texts of an enumeration; an unknown one is noted as `definition-unknown-value`.
    pub fn choice<E: WireEnum>(&mut self, key: &str) -> Option<E> {
        let text = self.filled(key)?;
        let value = E::parse(&text);
        if value.is_none() {
            let place = self.at(key);
            self.problems.error("definition-unknown-value", &place, format!("\"{text}\" is not known"), format!("use one of: {}", E::choices()));
        }
        value
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        match self.raw(key) {
            None => Vec::new(),
            Some(Json::Array(items)) => items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect(),
            Some(other) => {
                self.wrong_kind(key, other, "a list of texts");
                Vec::new()
            }
        }
    }

    /// Whether the key is there, be it null.
    pub fn has(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    /// An object below, read by `read`.
    pub fn object<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> Option<T> {
        let json = self.raw(key)?;
        let place = self.at(key);
        let mut below = Reader::new(json, place, self.problems)?;
        Some(read(&mut below))
    }

    /// A list of objects below; `place` names each one from this place and its position.
    pub fn list<T>(&mut self, key: &str, element: &str, mut read: impl FnMut(&mut Reader<'_>) -> Option<T>) -> Vec<T> {
        let items = match self.raw(key) {
            None => return Vec::new(),
            Some(Json::Array(items)) => items,
            Some(other) => {
                self.wrong_kind(key, other, "a list");
                return Vec::new();
            }
        };
        let mut read_items = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = self.place.element(element, index);
            if let Some(mut below) = Reader::new(item, place, self.problems)
                && let Some(value) = read(&mut below)
            {
                read_items.push(value);
            }
        }
        read_items
    }
}

/// The kind of a JSON value, for messages.
fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
