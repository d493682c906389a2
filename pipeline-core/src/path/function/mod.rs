//! The functions of paths, one file a family (values.md §2.4–§2.6, §2.8).

mod aggregate;
mod extremum;
mod first_row;
mod list;
mod text;

use std::fmt;
use std::sync::Arc;

use super::error::Fault;
use super::grammar::{Call, Piece, call, split_outside};
use crate::value::{DateFormats, Value, ValueError};

pub use extremum::{Extremum, ExtremumKind};
pub use first_row::FirstRow;
pub use text::TextChain;

/// The functions that work on any value, for messages.
const VALUE_FUNCTIONS: &str = "&count &length &join &distinct &sum &avg &min &max &firstRow";

/// A function at a segment of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// `&count`: how many elements or keys.
    Count,
    /// `&length`: how many characters.
    Length,
    /// `&sum`.
    Sum,
    /// `&avg`.
    Average,
    /// `&min`, `&max` and their typed forms.
    Extremum(Extremum),
    /// `&join`, with what it puts between the elements.
    Join(Arc<str>),
    /// `&distinct`.
    Distinct,
    /// `&firstRow(…)`.
    FirstRow(FirstRow),
    /// A chain of functions of texts.
    Text(TextChain),
}

/// The call as it is written, by its first name where it has several.
impl fmt::Display for Function {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => out.write_str("&count"),
            Self::Length => out.write_str("&length"),
            Self::Sum => out.write_str("&sum"),
            Self::Average => out.write_str("&avg"),
            Self::Extremum(extremum) => extremum.fmt(out),
            Self::Join(separator) if **separator == *"," => out.write_str("&join"),
            Self::Join(separator) => write!(out, "&join({separator})"),
            Self::Distinct => out.write_str("&distinct"),
            Self::FirstRow(first_row) => first_row.fmt(out),
            Self::Text(chain) => chain.fmt(out),
        }
    }
}

impl Function {
    /// Reads the function of a segment; `None` for a plain key.
    pub(super) fn parse(segment: Piece<'_>) -> Result<Option<Self>, Fault> {
        let trimmed = segment.trimmed();
        if !trimmed.text.starts_with('&') {
            return match text::misplaced_call(trimmed) {
                Some(at) => Err(Fault::path(at, "text stands before a function", "put a dot before the function")),
                None => Ok(None),
            };
        }
        let calls = split_outside(trimmed, '|');
        if let [_] = calls.as_slice()
            && let Some(call) = call(trimmed)
            && let Some(function) = Self::of_value(call)?
        {
            return Ok(Some(function));
        }
        TextChain::parse(&calls, VALUE_FUNCTIONS).map(|chain| Some(Self::Text(chain)))
    }

    /// The function of any value that a call names.
    fn of_value(call: Call<'_>) -> Result<Option<Self>, Fault> {
        let function = match call.name.text {
            "&count" => Self::Count,
            "&length" => Self::Length,
            "&sum" => Self::Sum,
            "&avg" => Self::Average,
            "&distinct" => Self::Distinct,
            "&join" => return list::parse_join(call).map(|separator| Some(Self::Join(separator))),
            "&firstRow" => return Ok(Some(Self::FirstRow(FirstRow::parse(call)))),
            name => match Extremum::of_name(name) {
                Some(extremum) => Self::Extremum(extremum),
                None => return Ok(None),
            },
        };
        no_parameters(call)?;
        Ok(Some(function))
    }

    /// Applies the function to a value that is not null.
    ///
    /// # Errors
    /// [`ValueError::FunctionInput`] for a kind that it does not take; others by the function.
    pub fn apply(&self, value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
        match self {
            Self::Count => aggregate::count(value),
            Self::Length => aggregate::length(value),
            Self::Sum => aggregate::sum(value),
            Self::Average => aggregate::average(value),
            Self::Extremum(extremum) => extremum.apply(value, dates),
            Self::Join(separator) => list::join(value, separator),
            Self::Distinct => list::distinct(value),
            Self::FirstRow(first_row) => first_row.apply(value, dates),
            Self::Text(chain) => chain.apply(value),
        }
    }
}

/// Refuses parameters.
fn no_parameters(call: Call<'_>) -> Result<(), Fault> {
    at_most(call, &call.parameters(), 0)
}

/// Refuses more than so many parameters.
fn at_most(call: Call<'_>, parameters: &[Piece<'_>], most: usize) -> Result<(), Fault> {
    match parameters.get(most) {
        None => Ok(()),
        Some(surplus) => {
            let allowed = if most == 0 { "no parameters".to_owned() } else { format!("at most {most} parameters") };
            Err(Fault::argument(surplus.start, format!("{} takes {allowed}", call.name.text), "remove it; a parameter can not hold a comma"))
        }
    }
}

/// The error of a function that was applied to a kind that it does not take.
fn wrong_input(function: &'static str, value: &Value, takes: &'static str) -> ValueError {
    match value {
        Value::Literal(_) => ValueError::NumberOutOfRange(value.into()),
        _ => ValueError::FunctionInput { function, value: value.into(), takes },
    }
}
