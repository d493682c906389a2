//! Values as the engine holds them: nine kinds, exact numbers, dates without a zone (values.md §1).

mod arithmetic;
mod cast;
mod compare;
pub mod date;
mod decimal;
mod decimal_arithmetic;
pub mod encryption;
mod error;
pub mod json;
mod object;
mod text;

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

pub use arithmetic::{Arithmetic, number_or_zero};
pub use cast::{FactorFamily, cast, to_number};
pub use compare::{compare, equals, is_empty, is_in, order};
pub use date::{DateDifference, DateFormats, DatePart, DatePattern, Movement};
pub use decimal::{Decimal, DecimalError, MAX_DIGITS};
pub use decimal_arithmetic::SIGNIFICANT_DIGITS;
pub use error::{Shown, ValueError};
pub use json::{JsonError, JsonStyle, json_text, read_json, read_json_bytes};
pub use object::{Object, Shape};
pub use text::text_form;

/// One value of a row, a variable or a parameter (values.md §1.1). Cloning is cheap: everything large is shared.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// JSON null, a missing key, SQL NULL.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// An exact number of up to 38 digits.
    Number(Decimal),
    /// A JSON number literal outside of what [`Decimal`] holds. A raw document keeps it as it was written; wherever its
    /// value is needed it is `value-number-out-of-range`.
    Literal(Arc<str>),
    /// Unicode text.
    Text(Arc<str>),
    /// A day; only by cast or from a column.
    Date(NaiveDate),
    /// A moment without zone, to the microsecond; only by cast or from a column.
    DateTime(NaiveDateTime),
    /// A time of day, to the microsecond; only by cast or from a column.
    Time(NaiveTime),
    /// An ordered list.
    Array(Arc<Vec<Value>>),
    /// Keys in the order of their insertion.
    Object(Object),
}

impl Value {
    /// About how many bytes it is in a document; for bounds, not for accounts.
    pub fn estimated_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Literal(text) => text.len(),
            Self::Array(items) => items.iter().map(Self::estimated_bytes).sum(),
            Self::Object(object) => object.estimated_bytes(),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::Date(_) | Self::DateTime(_) | Self::Time(_) => 8,
        }
    }

    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list.
    pub fn array(items: Vec<Value>) -> Self {
        Self::Array(Arc::new(items))
    }

    /// Null, as JSON has it.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The object inside, if it is one.
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The text inside, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number inside, if it is one.
    pub const fn as_number(&self) -> Option<&Decimal> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The list inside, if it is one.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The name of its kind, for messages.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) | Self::Literal(_) => "number",
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::DateTime(_) => "datetime",
            Self::Time(_) => "time",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Decimal::from(value))
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}
