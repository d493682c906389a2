//! Arguments of date functions: `&now`, literals, `&old.` paths, paths, and columns in criteria (values.md §3, V-28, V-33).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime, Timelike as _};

use super::error::Fault;
use super::grammar::Piece;
use super::{Path, PathContext, Scope};
use crate::value::{DateFormats, Value, ValueError, text_form};

/// Where a date function gets a date from.
#[derive(Debug, Clone, PartialEq)]
pub enum DateArgument {
    /// `&now`, taken at each evaluation (V-29).
    Now,
    /// A literal. A variable of exactly that name goes before it where it exists at run time (V-28).
    Literal {
        /// The moment.
        moment: NaiveDateTime,
        /// The slot of the variable, and the path that reads it.
        unless: Option<(usize, Box<Path>)>,
    },
    /// A path, `&old.` included.
    Path(Path),
    /// `&name` in criteria: a factor of the topic that is read or written (values.md §6.5).
    Column(Arc<str>),
}

/// Where `&combineDateTime` gets a time of day from.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeArgument {
    /// `&now`.
    Now,
    /// A literal, with the same exception as for dates.
    Literal {
        /// The time of day.
        time: NaiveTime,
        /// The slot of the variable, and the path that reads it.
        unless: Option<(usize, Box<Path>)>,
    },
    /// A path, `&old.` included.
    Path(Path),
    /// `&name` in criteria.
    Column(Arc<str>),
}

/// An argument before it is known whether a date or a time is wanted.
enum Argument<T> {
    Now,
    Literal(T, Option<(usize, Box<Path>)>),
    Path(Path),
    Column(Arc<str>),
}

/// The prefixes of quoted literals.
const QUOTED: [&str; 3] = ["date'", "timestamp'", "time'"];

impl<T> Argument<T> {
    fn parse(piece: Piece<'_>, context: &PathContext<'_>, literal: impl Fn(&str) -> Option<T>) -> Result<Self, Fault> {
        let piece = piece.trimmed();
        if piece.text.is_empty() {
            return Err(Fault::argument(piece.start, "an argument is blank", "give a date, or the path of one"));
        }
        if matches!(piece.text, "&now" | "&now()") {
            return Ok(Self::Now);
        }
        if let Some(path) = piece.after("&old.") {
            return Path::previous(path, context).map(Self::Path);
        }
        if let Some(name) = piece.after("&") {
            if context.in_criteria && !name.text.is_empty() {
                return Ok(Self::Column(name.text.into()));
            }
            return Err(Fault::unknown_function(piece.start, piece.text, "use &now, &old.path, a literal or a path"));
        }
        let quoted = QUOTED.into_iter().find_map(|prefix| piece.text.strip_prefix(prefix)?.strip_suffix('\''));
        if let Some(inner) = quoted {
            return match literal(inner) {
                Some(found) => Ok(Self::Literal(found, None)),
                None => Err(Fault::argument(piece.start, format!("{} is no date or time", piece.text), "write it in one of the configured formats")),
            };
        }
        let bare = !piece.text.chars().any(|character| character.is_alphabetic() && !matches!(character, 'T' | 'Z'));
        if bare
            && context.names.factor(piece.text).is_none()
            && let Some(found) = literal(piece.text)
        {
            let unless = match context.names.variable_slot(piece.text) {
                Some(slot) => Some((slot, Box::new(Path::bare(piece, context)?))),
                None => None,
            };
            return Ok(Self::Literal(found, unless));
        }
        Path::bare(piece, context).map(Self::Path)
    }
}

/// The path to read instead of a literal, where its variable exists.
fn variable_instead<'a>(unless: Option<&'a (usize, Box<Path>)>, scope: &dyn Scope) -> Option<&'a Path> {
    unless.filter(|(slot, _)| scope.variable(*slot).is_some()).map(|(_, path)| &**path)
}

/// The moment without its fraction of a second.
pub(super) fn whole_seconds(moment: NaiveDateTime) -> NaiveDateTime {
    moment.with_nanosecond(0).unwrap_or(moment)
}

impl DateArgument {
    pub(super) fn parse(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        Ok(match Argument::parse(piece, context, |text| context.dates.parse_date(text))? {
            Argument::Now => Self::Now,
            Argument::Literal(moment, unless) => Self::Literal { moment, unless },
            Argument::Path(path) => Self::Path(path),
            Argument::Column(name) => Self::Column(name),
        })
    }

    /// The path that it may read.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Literal { unless, .. } => unless.as_ref().map(|(_, path)| &**path),
            Self::Now | Self::Column(_) => None,
        }
    }

    /// The date or moment: a date stays one, a text and a literal give a moment.
    ///
    /// # Errors
    /// [`ValueError::NotADate`] for null and everything that is none; a column has no value in memory.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ValueError> {
        let path = match self {
            Self::Now => return Ok(Value::DateTime(whole_seconds(scope.now()))),
            Self::Literal { moment, unless } => match variable_instead(unless.as_ref(), scope) {
                None => return Ok(Value::DateTime(*moment)),
                Some(path) => path,
            },
            Self::Path(path) => path,
            Self::Column(name) => return Err(column_in_memory(name)),
        };
        let value = path.evaluate(scope)?;
        as_date(&value, scope.dates()).map_err(|error| error.at(path.text(), path.first()))
    }
}

/// A value as a date or moment.
fn as_date(value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
    let found = match value {
        Value::Date(_) | Value::DateTime(_) => Some(value.clone()),
        Value::Text(text) => dates.parse_date(text).map(Value::DateTime),
        _ => None,
    };
    found.ok_or_else(|| ValueError::NotADate(value.into()))
}

impl TimeArgument {
    pub(super) fn parse(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        Ok(match Argument::parse(piece, context, |text| context.dates.parse_time(text))? {
            Argument::Now => Self::Now,
            Argument::Literal(time, unless) => Self::Literal { time, unless },
            Argument::Path(path) => Self::Path(path),
            Argument::Column(name) => Self::Column(name),
        })
    }

    /// The path that it may read.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Literal { unless, .. } => unless.as_ref().map(|(_, path)| &**path),
            Self::Now | Self::Column(_) => None,
        }
    }

    /// The time of day: of a moment its own, of a text what it says.
    ///
    /// # Errors
    /// [`ValueError::NotATime`] for null and everything that has none; a column has no value in memory.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<NaiveTime, ValueError> {
        let path = match self {
            Self::Now => return Ok(scope.now().time()),
            Self::Literal { time, unless } => match variable_instead(unless.as_ref(), scope) {
                None => return Ok(*time),
                Some(path) => path,
            },
            Self::Path(path) => path,
            Self::Column(name) => return Err(column_in_memory(name)),
        };
        let value: Cow<'_, Value> = path.evaluate(scope)?;
        let time = match &*value {
            Value::Time(time) => Some(*time),
            Value::DateTime(moment) => Some(moment.time()),
            Value::Text(text) => scope.dates().parse_time(text),
            _ => None,
        };
        time.ok_or_else(|| ValueError::NotATime((&*value).into()).at(path.text(), path.first()))
    }
}

/// As it is written; a literal in quotes, unless a variable of its name goes before it.
impl fmt::Display for DateArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => out.write_str("&now"),
            Self::Literal { moment, unless: None } => write!(out, "timestamp'{}'", text_form(&Value::DateTime(*moment))),
            Self::Literal { unless: Some((_, path)), .. } => path.fmt(out),
            Self::Path(path) => path.fmt(out),
            Self::Column(name) => write!(out, "&{name}"),
        }
    }
}

/// As [`DateArgument`].
impl fmt::Display for TimeArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => out.write_str("&now"),
            Self::Literal { time, unless: None } => write!(out, "time'{}'", text_form(&Value::Time(*time))),
            Self::Literal { unless: Some((_, path)), .. } => path.fmt(out),
            Self::Path(path) => path.fmt(out),
            Self::Column(name) => write!(out, "&{name}"),
        }
    }
}

/// The error of a column that is asked for a value; the compiler of criteria pushes it to the storage instead.
pub(super) fn column_in_memory(name: &str) -> ValueError {
    ValueError::FunctionArgument { function: "&", reason: format!("factor \"{name}\" of the stored topic has no value in memory").into() }
}
