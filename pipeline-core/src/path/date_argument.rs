//! Arguments of date functions: `&now`, literals, `&old.` paths, paths, and columns in criteria (values.md §3, V-28, V-33).

use std::fmt::{self, Display};
use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime, Timelike as _};

use super::error::Fault;
use super::grammar::Piece;
use super::{Path, PathContext, Scope};
use crate::value::{DateFormats, Value, ValueError, text_form};

/// Where a date function gets a date, or a time of day, from.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument<T> {
    /// `&now`, taken at each evaluation (V-29).
    Now,
    /// A literal. A variable of exactly that name goes before it where it exists at run time (V-28).
    Literal {
        /// The moment, or the time of day.
        literal: T,
        /// The slot of the variable, and the path that reads it.
        unless: Option<(usize, Box<Path>)>,
    },
    /// A path, `&old.` included.
    Path(Path),
    /// `&name` in criteria: a factor of the topic that is read or written (values.md §6.5).
    Column(Arc<str>),
}

/// A date or moment.
pub type DateArgument = Argument<NaiveDateTime>;
/// The time of day of `&combineDateTime`.
pub type TimeArgument = Argument<NaiveTime>;

/// The prefixes of quoted literals.
const QUOTED: [&str; 3] = ["date'", "timestamp'", "time'"];

impl<T> Argument<T> {
    fn parse_with(piece: Piece<'_>, context: &PathContext<'_>, read: impl Fn(&str) -> Option<T>) -> Result<Self, Fault> {
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
            return match read(inner) {
                Some(literal) => Ok(Self::Literal { literal, unless: None }),
                None => Err(Fault::argument(piece.start, format!("{} is no date or time", piece.text), "write it in one of the configured formats")),
            };
        }
        let bare = !piece.text.chars().any(|character| character.is_alphabetic() && !matches!(character, 'T' | 'Z'));
        if bare
            && context.names.factor(piece.text).is_none()
            && let Some(literal) = read(piece.text)
        {
            let unless = match context.names.variable_slot(piece.text) {
                Some(slot) => Some((slot, Box::new(Path::bare(piece, context)?))),
                None => None,
            };
            return Ok(Self::Literal { literal, unless });
        }
        Path::bare(piece, context).map(Self::Path)
    }

    /// The path that it may read.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Literal { unless, .. } => unless.as_ref().map(|(_, path)| &**path),
            Self::Now | Self::Column(_) => None,
        }
    }

    /// What it stands for in a scope: a path is still to be evaluated.
    fn resolve(&self, scope: &dyn Scope) -> Result<Resolved<'_, T>, ValueError> {
        match self {
            Self::Now => Ok(Resolved::Now(scope.now())),
            Self::Literal { unless: Some((slot, path)), .. } if scope.variable(*slot).is_some() => Ok(Resolved::Path(path)),
            Self::Literal { literal, .. } => Ok(Resolved::Literal(literal)),
            Self::Path(path) => Ok(Resolved::Path(path)),
            Self::Column(name) => Err(column_in_memory(name)),
        }
    }

    /// As it is written; a literal in quotes, unless a variable of its name goes before it.
    fn write(&self, out: &mut fmt::Formatter<'_>, prefix: &str, value: impl Fn(&T) -> Value) -> fmt::Result {
        match self {
            Self::Now => out.write_str("&now"),
            Self::Literal { literal, unless: None } => write!(out, "{prefix}'{}'", text_form(&value(literal))),
            Self::Literal { unless: Some((_, path)), .. } => path.fmt(out),
            Self::Path(path) => path.fmt(out),
            Self::Column(name) => write!(out, "&{name}"),
        }
    }
}

enum Resolved<'a, T> {
    Now(NaiveDateTime),
    Literal(&'a T),
    Path(&'a Path),
}

/// The moment without its fraction of a second.
pub(super) fn whole_seconds(moment: NaiveDateTime) -> NaiveDateTime {
    moment.with_nanosecond(0).unwrap_or(moment)
}

impl DateArgument {
    pub(super) fn parse(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        Self::parse_with(piece, context, |text| context.dates.parse_date(text))
    }

    /// The date or moment: a date stays one, a text and a literal give a moment.
    ///
    /// # Errors
    /// [`ValueError::NotADate`] for null and everything that is none; a column has no value in memory.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ValueError> {
        match self.resolve(scope)? {
            Resolved::Now(now) => Ok(Value::DateTime(whole_seconds(now))),
            Resolved::Literal(moment) => Ok(Value::DateTime(*moment)),
            Resolved::Path(path) => as_date(&*path.evaluate(scope)?, scope.dates()).map_err(|error| error.at(path.text(), path.first())),
        }
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
        Self::parse_with(piece, context, |text| context.dates.parse_time(text))
    }

    /// The time of day: of a moment its own, of a text what it says.
    ///
    /// # Errors
    /// [`ValueError::NotATime`] for null and everything that has none; a column has no value in memory.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<NaiveTime, ValueError> {
        match self.resolve(scope)? {
            Resolved::Now(now) => Ok(now.time()),
            Resolved::Literal(time) => Ok(*time),
            Resolved::Path(path) => as_time(&*path.evaluate(scope)?, scope.dates()).map_err(|error| error.at(path.text(), path.first())),
        }
    }
}

/// A value as a time of day.
fn as_time(value: &Value, dates: &DateFormats) -> Result<NaiveTime, ValueError> {
    let found = match value {
        Value::Time(time) => Some(*time),
        Value::DateTime(moment) => Some(moment.time()),
        Value::Text(text) => dates.parse_time(text),
        _ => None,
    };
    found.ok_or_else(|| ValueError::NotATime(value.into()))
}

impl Display for DateArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, "timestamp", |moment| Value::DateTime(*moment))
    }
}

impl Display for TimeArgument {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(out, "time", |time| Value::Time(*time))
    }
}

/// The error of a column that is asked for a value; the compiler of criteria pushes it to the storage instead.
pub(super) fn column_in_memory(name: &str) -> ValueError {
    ValueError::FunctionArgument { function: "&", reason: format!("factor \"{name}\" of the stored topic has no value in memory").into() }
}
