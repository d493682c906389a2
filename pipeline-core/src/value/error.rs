//! What can go wrong with a value while it is evaluated (V-41: one documented error per cause).

use std::fmt;
use std::sync::Arc;

use super::{Decimal, DecimalError, Value, text_form};
use crate::error::{Coded, ErrorClass};
use crate::model::FactorType;

/// How many characters of a value an error shows.
const SHOWN_CHARACTERS: usize = 60;

/// A value as an error shows it: its kind and the beginning of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The kind of the value.
    pub kind: &'static str,
    /// Its text, shortened.
    pub text: Box<str>,
}

impl From<&Value> for Shown {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self { kind: "null", text: "".into() },
            Value::Array(items) if items.is_empty() => Self { kind: "array", text: "[]".into() },
            _ => Self { kind: value.kind(), text: shorten(&text_form(value)) },
        }
    }
}

/// The beginning of a text, with `…` where something was left out.
fn shorten(text: &str) -> Box<str> {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            "null" => out.write_str("null"),
            "text" => write!(out, "text {:?}", self.text),
            kind => write!(out, "{kind} {}", self.text),
        }
    }
}

/// Why a value could not be had. Each variant has its own code, see [`ValueError::code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A number was needed (`value-not-a-number`).
    #[error("{0} is not a number; give a number, or a text of digits with an optional fraction")]
    NotANumber(Shown),
    /// A number beyond 38 digits or scale 38 (`value-number-out-of-range`).
    #[error("{0} has more than 38 digits or a scale over 38; give a smaller number, or keep it as text")]
    NumberOutOfRange(Shown),
    /// A date was needed (`value-not-a-date`).
    #[error("{0} is not a date; give a date, or a text in one of the configured date formats")]
    NotADate(Shown),
    /// A time of day was needed (`value-not-a-time`).
    #[error("{0} is not a time of day; give a time, or a text in one of the configured time formats")]
    NotATime(Shown),
    /// A moved date has left the years 1 to 9999 (`value-date-out-of-range`).
    #[error("moving {0} leaves the years 1 to 9999; use a smaller movement")]
    DateOutOfRange(Shown),
    /// Two values have no order (`value-not-comparable`).
    #[error("{left} and {right} can not be ordered; give both sides the same kind, texts have no order")]
    NotComparable {
        /// The left value.
        left: Shown,
        /// The right value.
        right: Shown,
    },
    /// The right side of `in` is neither a list nor a text (`value-not-a-list`).
    #[error("{0} is not a list; give an array, or a text with commas")]
    NotAList(Shown),
    /// A value does not fit the type of a factor (`value-not-castable`).
    #[error("{value} can not become {factor_type}; change the source or the type of the factor")]
    NotCastable {
        /// The value.
        value: Shown,
        /// The type of the factor.
        factor_type: FactorType,
    },
    /// A key was looked up in something that has no keys (`value-path-unreachable`).
    #[error("can not look up a key in {0}; correct the path or the data")]
    PathUnreachable(Shown),
    /// A function was applied to a kind that it does not take (`value-function-input`).
    #[error("{function} does not take {value}; it takes {takes}")]
    FunctionInput {
        /// The function.
        function: &'static str,
        /// What it was applied to.
        value: Shown,
        /// What it takes.
        takes: &'static str,
    },
    /// An argument of a function is wrong (`value-function-argument`).
    #[error("{function} has a wrong argument: {reason}")]
    FunctionArgument {
        /// The function.
        function: &'static str,
        /// What is wrong, and what to write.
        reason: Arc<str>,
    },
    /// Division or modulus by zero (`value-division-by-zero`).
    #[error("division by zero; guard it with a case-then")]
    DivisionByZero,
    /// An AES factor without a key (`value-key-missing`).
    #[error("no AES key is configured; configure engine.aes_key and engine.aes_iv, or a key store entry of the tenant")]
    KeyMissing,
    /// What carries the mark of AES does not decrypt (`value-not-decryptable`).
    #[error("{0} can not be decrypted; it was written with another key, or is damaged")]
    NotDecryptable(Shown),
    /// A condition names a factor without a column (`value-column-missing`).
    #[error("topic \"{topic}\" has no column \"{column}\"; compare a factor that has one")]
    ColumnMissing {
        /// The topic.
        topic: Arc<str>,
        /// The column that the factor would have.
        column: Arc<str>,
    },
    /// An error met at a segment of a path.
    #[error("at \"{segment}\" of \"{path}\": {cause}")]
    InPath {
        /// The whole path.
        path: Arc<str>,
        /// The segment.
        segment: Arc<str>,
        /// What went wrong there.
        cause: Box<ValueError>,
    },
}

impl ValueError {
    /// A number was needed where `value` stands; tells apart what is no number and what is one beyond the bounds.
    pub fn not_a_number(value: &Value) -> Self {
        let out_of_range = match value {
            Value::Literal(_) => true,
            Value::Text(text) => text.parse::<Decimal>() == Err(DecimalError::OutOfRange),
            _ => false,
        };
        if out_of_range { Self::NumberOutOfRange(value.into()) } else { Self::NotANumber(value.into()) }
    }

    /// Two values that have no order.
    pub fn not_comparable(left: &Value, right: &Value) -> Self {
        match (left, right) {
            (Value::Literal(_), _) => Self::NumberOutOfRange(left.into()),
            (_, Value::Literal(_)) => Self::NumberOutOfRange(right.into()),
            _ => Self::NotComparable { left: left.into(), right: right.into() },
        }
    }

    /// An operation on `value` that has no decimal result.
    pub(crate) fn of_arithmetic(error: DecimalError, value: &Value) -> Self {
        match error {
            DecimalError::NotANumber => Self::NotANumber(value.into()),
            DecimalError::OutOfRange => Self::NumberOutOfRange(value.into()),
            DecimalError::DivisionByZero => Self::DivisionByZero,
        }
    }

    /// The same error, told where in a path it was met. What already tells it stays as it is.
    #[must_use]
    pub fn at(self, path: &Arc<str>, segment: &Arc<str>) -> Self {
        match self {
            Self::InPath { .. } => self,
            cause => Self::InPath { path: Arc::clone(path), segment: Arc::clone(segment), cause: Box::new(cause) },
        }
    }
}

impl Coded for ValueError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotANumber(_) => "value-not-a-number",
            Self::NumberOutOfRange(_) => "value-number-out-of-range",
            Self::NotADate(_) => "value-not-a-date",
            Self::NotATime(_) => "value-not-a-time",
            Self::DateOutOfRange(_) => "value-date-out-of-range",
            Self::NotComparable { .. } => "value-not-comparable",
            Self::NotAList(_) => "value-not-a-list",
            Self::NotCastable { .. } => "value-not-castable",
            Self::PathUnreachable(_) => "value-path-unreachable",
            Self::FunctionInput { .. } => "value-function-input",
            Self::FunctionArgument { .. } => "value-function-argument",
            Self::DivisionByZero => "value-division-by-zero",
            Self::KeyMissing => "value-key-missing",
            Self::ColumnMissing { .. } => "value-column-missing",
            Self::NotDecryptable(_) => "value-not-decryptable",
            Self::InPath { cause, .. } => cause.code(),
        }
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_path_segment_and_value() {
        let error = ValueError::NotANumber((&Value::from("abc")).into()).at(&"items.qty.&sum".into(), &"&sum".into());
        assert_eq!(error.code(), "value-not-a-number");
        assert_eq!(
            error.to_string(),
            "at \"&sum\" of \"items.qty.&sum\": text \"abc\" is not a number; give a number, or a text of digits with an optional fraction"
        );
        assert_eq!(error.class(), ErrorClass::Reject);
    }

    #[test]
    fn long_values_are_shortened() {
        let shown = Shown::from(&Value::from("é".repeat(100)));
        assert_eq!(shown.text.chars().count(), SHOWN_CHARACTERS + 1);
    }

    #[test]
    fn a_text_beyond_the_bounds_is_told_from_garbage() {
        assert_eq!(ValueError::not_a_number(&Value::from("1e99")).code(), "value-number-out-of-range");
        assert_eq!(ValueError::not_a_number(&Value::Literal("1e99".into())).code(), "value-number-out-of-range");
        assert_eq!(ValueError::not_a_number(&Value::from("x")).code(), "value-not-a-number");
    }
}
