//! What stands in the braces of a constant (values.md §3).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveTime;

use super::date_argument::{column_in_memory, whole_seconds};
use super::error::Fault;
use super::grammar::{Call, Piece, call, split_once_outside};
use super::{DateArgument, Path, PathContext, Scope, TimeArgument};
use crate::value::{DateDifference, DatePattern, Movement, Object, Value, ValueError};

/// The functions that begin an expression, for messages.
const FUNCTIONS: &str = "&nextSeq &now &old &yearDiff &monthDiff &dayDiff &moveDate &fmtDate &combineDateTime";

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// `&nextSeq`: a new id at each evaluation.
    NextSequence,
    /// `&now`: the moment in whole seconds.
    Now,
    /// `&old`: the whole trigger data before, or null.
    Previous,
    /// A path, `&old.` included.
    Path(Path),
    /// `&yearDiff`, `&monthDiff`, `&dayDiff`.
    Difference {
        /// What is counted.
        unit: DateDifference,
        /// The end of the span.
        end: DateArgument,
        /// Its start.
        start: DateArgument,
    },
    /// `&moveDate`.
    Move {
        /// What is moved.
        date: DateArgument,
        /// How.
        movement: Movement,
    },
    /// `&fmtDate`, `&dateFormat`.
    Format {
        /// What is written.
        date: DateArgument,
        /// How.
        pattern: DatePattern,
    },
    /// `&combineDateTime`.
    Combine {
        /// Gives the day.
        date: DateArgument,
        /// Gives the time of day.
        time: TimeArgument,
    },
    /// `&name.&length` in criteria: the character length of a factor of the topic that is read or written (V-22).
    ColumnLength(Arc<str>),
}

impl Expression {
    /// Reads an expression. Unknown `&words` are mistakes (V-42).
    pub(super) fn parse(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        let piece = piece.trimmed();
        if !piece.text.starts_with('&') {
            return Path::bare(piece, context).map(Self::Path);
        }
        if piece.text == "&old" {
            return Ok(Self::Previous);
        }
        if let Some(path) = piece.after("&old.") {
            return Path::previous(path, context).map(Self::Path);
        }
        if context.in_criteria
            && let Some(name) = piece.text.strip_prefix('&').and_then(|text| text.strip_suffix(".&length"))
        {
            return Ok(Self::ColumnLength(name.into()));
        }
        let unknown = |name: &str| Fault::unknown_function(piece.start, name, format!("use a path, or one of: {FUNCTIONS}"));
        let Some(call) = call(piece) else {
            let known = Self::is_function(piece.text.split(['(', ' ', '.']).next().unwrap_or_default());
            return Err(if known {
                Fault::argument(piece.end(), "the call does not end with )", "close the parentheses; nothing may follow")
            } else {
                unknown(piece.text)
            });
        };
        let unit = match call.name.text {
            "&nextSeq" => return without_arguments(call).map(|()| Self::NextSequence),
            "&now" => return without_arguments(call).map(|()| Self::Now),
            "&yearDiff" => DateDifference::Years,
            "&monthDiff" => DateDifference::Months,
            "&dayDiff" => DateDifference::Days,
            "&moveDate" => return Self::parse_move(call, context),
            "&fmtDate" | "&dateFormat" => return Self::parse_format(call, context),
            "&combineDateTime" => {
                let (date, time) = two_arguments(call)?;
                return Ok(Self::Combine { date: DateArgument::parse(date, context)?, time: TimeArgument::parse(time, context)? });
            }
            name => return Err(unknown(name)),
        };
        let (end, start) = two_arguments(call)?;
        Ok(Self::Difference { unit, end: DateArgument::parse(end, context)?, start: DateArgument::parse(start, context)? })
    }

    fn is_function(name: &str) -> bool {
        name == "&dateFormat" || FUNCTIONS.split(' ').any(|known| known == name)
    }

    fn parse_move(call: Call<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        let (date, movement) = two_arguments(call)?;
        let steps = Movement::parse(movement.text).map_err(|error| {
            let offset = movement.text.char_indices().nth(error.position - 1).map_or(movement.text.len(), |(offset, _)| offset);
            Fault::argument(movement.start + offset, format!("\"{}\" is no movement: {}", movement.text, error.reason), "write steps such as Y2024 M-1 D99 h+2")
        })?;
        Ok(Self::Move { date: DateArgument::parse(date, context)?, movement: steps })
    }

    fn parse_format(call: Call<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        let (date, pattern) = two_arguments(call)?;
        Ok(Self::Format { date: DateArgument::parse(date, context)?, pattern: DatePattern::new(pattern.text) })
    }

    /// The paths that it may read.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let (first, second) = match self {
            Self::Path(path) => (Some(path), None),
            Self::Difference { end, start, .. } => (end.path(), start.path()),
            Self::Move { date, .. } | Self::Format { date, .. } => (date.path(), None),
            Self::Combine { date, time } => (date.path(), time.path()),
            Self::NextSequence | Self::Now | Self::Previous | Self::ColumnLength(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The value in memory.
    ///
    /// # Errors
    /// [`ValueError`] of the path or of an argument.
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        Ok(Cow::Owned(match self {
            Self::Path(path) => return path.evaluate(scope),
            Self::NextSequence => Value::from(scope.next_id()),
            Self::Now => Value::DateTime(whole_seconds(scope.now())),
            Self::Previous => scope.previous().map_or(Value::Null, |previous: &Object| Value::Object(previous.clone())),
            Self::Difference { unit, end, start } => Value::from(unit.between(day(&end.evaluate(scope)?)?, day(&start.evaluate(scope)?)?)),
            Self::Move { date, movement } => movement.apply(&date.evaluate(scope)?)?,
            Self::Format { date, pattern } => Value::from(pattern.format(moment(&date.evaluate(scope)?)?)),
            Self::Combine { date, time } => {
                let day = day(&date.evaluate(scope)?)?;
                Value::DateTime(whole_seconds(day.and_time(time.evaluate(scope)?)))
            }
            Self::ColumnLength(name) => return Err(column_in_memory(name)),
        }))
    }

    /// The value as it stands in a text: a moved date has no fraction of a second (values.md §3).
    pub(crate) fn evaluate_for_text<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        let value = self.evaluate(scope)?;
        match (self, &*value) {
            (Self::Move { .. }, Value::DateTime(moment)) => Ok(Cow::Owned(Value::DateTime(whole_seconds(*moment)))),
            _ => Ok(value),
        }
    }
}

/// What stands in the braces, by the first names of its functions and without blanks.
impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextSequence => out.write_str("&nextSeq"),
            Self::Now => out.write_str("&now"),
            Self::Previous => out.write_str("&old"),
            Self::Path(path) => path.fmt(out),
            Self::Difference { unit, end, start } => {
                let name = match unit {
                    DateDifference::Years => "&yearDiff",
                    DateDifference::Months => "&monthDiff",
                    DateDifference::Days => "&dayDiff",
                };
                write!(out, "{name}({end},{start})")
            }
            Self::Move { date, movement } => write!(out, "&moveDate({date},{movement})"),
            Self::Format { date, pattern } => write!(out, "&fmtDate({date},{})", pattern.as_str()),
            Self::Combine { date, time } => write!(out, "&combineDateTime({date},{time})"),
            Self::ColumnLength(name) => write!(out, "&{name}.&length"),
        }
    }
}

/// Refuses arguments; empty parentheses are none (V-43).
fn without_arguments(call: Call<'_>) -> Result<(), Fault> {
    match call.arguments.filter(|arguments| !arguments.text.trim().is_empty()) {
        None => Ok(()),
        Some(arguments) => Err(Fault::argument(arguments.start, format!("{} takes no arguments", call.name.text), "remove them")),
    }
}

/// The two arguments of a date function, split at the first comma outside of parentheses (V-11), trimmed (V-45).
fn two_arguments(call: Call<'_>) -> Result<(Piece<'_>, Piece<'_>), Fault> {
    let name = call.name.text;
    let Some(arguments) = call.arguments else {
        return Err(Fault::argument(call.name.end(), format!("{name} needs two arguments"), "write them in parentheses"));
    };
    let Some((first, second)) = split_once_outside(arguments, ',') else {
        return Err(Fault::argument(arguments.end(), format!("{name} needs two arguments"), "put a comma between them"));
    };
    let (first, second) = (first.trimmed(), second.trimmed());
    for argument in [first, second] {
        if argument.text.is_empty() {
            return Err(Fault::argument(argument.start, format!("{name} has a blank argument"), "give both arguments"));
        }
    }
    Ok((first, second))
}

/// The day of a date or moment.
fn day(value: &Value) -> Result<chrono::NaiveDate, ValueError> {
    moment(value).map(|moment| moment.date())
}

/// A date or moment as a moment.
fn moment(value: &Value) -> Result<chrono::NaiveDateTime, ValueError> {
    match value {
        Value::Date(date) => Ok(date.and_time(NaiveTime::MIN)),
        Value::DateTime(moment) => Ok(*moment),
        other => Err(ValueError::NotADate(other.into())),
    }
}
