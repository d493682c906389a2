//! Paths: a first name and what is done with its value, segment by segment (values.md §2.1, §2.2).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::error::Fault;
use super::function::{FirstRow, Function};
use super::grammar::{Piece, split_outside};
use super::{PathContext, PathError, Scope};
use crate::limits::PATH_BYTES;
use crate::model::FactorType;
use crate::value::{Object, Shape, Value, ValueError};

/// What a missing key gives.
static NULL: Value = Value::Null;

/// Where the first name of a path is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// In the variables where one of that name exists, else in the trigger data now (values.md §4.2).
    Bare {
        /// The slot of the variable, where the pipeline can define one of that name.
        variable: Option<usize>,
    },
    /// In the trigger data now, whatever variables there are: topic parameters (values.md §2.3).
    Current {
        /// Where in the shape of the data the name is expected.
        slot: usize,
    },
    /// In the trigger data before: `&old.` (values.md §3).
    Previous,
}

/// A compiled path.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    text: Arc<str>,
    root: Root,
    first: Arc<str>,
    /// Whether the first name is a factor of type `array`, so that null is an empty list.
    first_declared: bool,
    steps: Vec<Step>,
    /// Whether the length of null is 0 (V-22, criteria only).
    null_has_length: bool,
}

/// One segment after the first.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    segment: Arc<str>,
    kind: StepKind,
}

#[derive(Debug, Clone, PartialEq)]
enum StepKind {
    Key {
        /// Whether the path up to here is a factor of type `array`.
        declared: bool,
        /// The path up to here without the first name: what comes behind the origin of a variable (values.md §4.4).
        below: Arc<str>,
    },
    Function(Function),
}

/// Whose data a path reads, which decides what counts as declared to be an array.
enum Source<'a> {
    Trigger,
    Variable(Option<&'a Arc<str>>),
}

impl Path {
    /// Compiles a path that is looked up in variables and trigger data: what stands in the braces of a constant, or in a
    /// variable parameter.
    ///
    /// # Errors
    /// [`PathError`] with the column.
    pub fn parse(text: &str, context: &PathContext<'_>) -> Result<Self, PathError> {
        Self::compile(Piece::whole(text).trimmed(), context, |first| Root::Bare { variable: context.names.variable_slot(first) })
            .map_err(|fault| fault.in_text(text))
    }

    /// Compiles the name of a factor as a path over the trigger data now (values.md §2.3). `slot` is where in the shape of
    /// the data its first name is expected.
    ///
    /// # Errors
    /// [`PathError`] with the column.
    pub fn of_factor(name: &str, slot: usize, context: &PathContext<'_>) -> Result<Self, PathError> {
        let mut path = Self::compile(Piece::whole(name).trimmed(), context, |_| Root::Current { slot }).map_err(|fault| fault.in_text(name))?;
        // A single name is a plain look-up: null stays null.
        path.first_declared &= !path.steps.is_empty();
        Ok(path)
    }

    /// Compiles a path that is a part of a constant and is looked up as a bare name.
    pub(super) fn bare(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        Self::compile(piece, context, |first| Root::Bare { variable: context.names.variable_slot(first) })
    }

    /// Compiles what stands after `&old.`.
    pub(super) fn previous(piece: Piece<'_>, context: &PathContext<'_>) -> Result<Self, Fault> {
        Self::compile(piece, context, |_| Root::Previous)
    }

    fn compile(piece: Piece<'_>, context: &PathContext<'_>, root: impl FnOnce(&str) -> Root) -> Result<Self, Fault> {
        let piece = piece.trimmed();
        if piece.text.len() > PATH_BYTES {
            return Err(Fault::too_long(PATH_BYTES));
        }
        if piece.text.is_empty() {
            return Err(Fault::path(piece.start, "the path is empty", "name a variable or a factor"));
        }
        let segments = split_outside(piece, '.');
        let Some((first, following)) = segments.split_first() else {
            return Err(Fault::path(piece.start, "the path is empty", "name a variable or a factor"));
        };
        if first.text.trim_start().starts_with('&') {
            return Err(Fault::unknown_function(first.start, first.text.trim(), "begin the path with the name of a variable or a factor"));
        }
        let declared = |text: &str| context.names.factor(text) == Some(FactorType::Array);
        let mut steps = Vec::with_capacity(following.len());
        for segment in following {
            let kind = match Function::parse(*segment)? {
                Some(function) => StepKind::Function(function),
                None => {
                    let up_to_here = piece.text.get(..segment.end() - piece.start).unwrap_or_default();
                    let below = up_to_here.get(first.text.len() + 1..).unwrap_or_default();
                    StepKind::Key { declared: declared(up_to_here), below: below.into() }
                }
            };
            steps.push(Step { segment: segment.text.into(), kind });
        }
        let null_has_length = context.in_criteria && matches!(steps.last(), Some(Step { kind: StepKind::Function(Function::Length), .. }));
        Ok(Self { text: piece.text.into(), root: root(first.text), first: first.text.into(), first_declared: declared(first.text), steps, null_has_length })
    }

    /// The path as written, without what says where it is looked up.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Where its first name is looked up.
    pub const fn root(&self) -> Root {
        self.root
    }

    /// The name that is looked up first.
    pub fn first(&self) -> &Arc<str> {
        &self.first
    }

    /// Whether it is one name and nothing else.
    pub fn is_single(&self) -> bool {
        self.steps.is_empty()
    }

    /// The function that is applied last, if the path ends with one.
    pub fn last_function(&self) -> Option<&Function> {
        match &self.steps.last()?.kind {
            StepKind::Function(function) => Some(function),
            StepKind::Key { .. } => None,
        }
    }

    /// The `&firstRow` functions in it.
    pub fn first_rows(&self) -> impl Iterator<Item = &FirstRow> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Function(Function::FirstRow(first_row)) => Some(first_row),
            _ => None,
        })
    }

    /// The value of the path.
    ///
    /// # Errors
    /// [`ValueError::InPath`] with the segment that failed.
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        let value = self.walk(scope)?;
        if self.null_has_length && value.is_null() {
            return Ok(Cow::Owned(Value::from(0)));
        }
        Ok(value)
    }

    /// The value of the first name, and whose data it is.
    fn begin<'a>(&self, scope: &'a dyn Scope) -> (Option<&'a Value>, Source<'a>) {
        let look_up = |object: Option<&'a Object>, slot: usize| object.and_then(|object| object.get_near(&self.first, slot));
        match self.root {
            Root::Previous => (look_up(scope.previous(), 0), Source::Trigger),
            Root::Current { slot } => (look_up(scope.current(), slot), Source::Trigger),
            Root::Bare { variable } => match variable.and_then(|slot| Some((slot, scope.variable(slot)?))) {
                Some((slot, value)) => (Some(value), Source::Variable(scope.origin(slot))),
                None => (look_up(scope.current(), 0), Source::Trigger),
            },
        }
    }

    fn walk<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        if self.root == Root::Previous && scope.previous().is_none() {
            return Ok(Cow::Borrowed(&NULL));
        }
        let (first, source) = self.begin(scope);
        let mut data = Cow::Borrowed(first.unwrap_or(&NULL));
        if data.is_null() {
            if !(self.first_declared && matches!(source, Source::Trigger)) {
                return Ok(data);
            }
            data = Cow::Owned(Value::array(Vec::new()));
        }
        for step in &self.steps {
            let placed = |error: ValueError| error.at(&self.text, &step.segment);
            match &step.kind {
                StepKind::Function(function) => {
                    data = Cow::Owned(function.apply(&data, scope.dates()).map_err(placed)?);
                    if data.is_null() {
                        return Ok(data);
                    }
                }
                StepKind::Key { declared, below } => {
                    let is_declared = || match &source {
                        Source::Trigger => *declared,
                        Source::Variable(Some(origin)) => scope.is_array_factor(&format!("{origin}.{below}")),
                        Source::Variable(None) => false,
                    };
                    data = member(data, &step.segment, &is_declared).map_err(placed)?;
                    if data.is_null() {
                        if !is_declared() {
                            return Ok(data);
                        }
                        data = Cow::Owned(Value::array(Vec::new()));
                    }
                }
            }
        }
        Ok(data)
    }
}

/// The path as it is written, its functions by their first names and without blanks; `&old.` before what was.
impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.root == Root::Previous {
            out.write_str("&old.")?;
        }
        out.write_str(&self.first)?;
        for step in &self.steps {
            match &step.kind {
                StepKind::Key { .. } => write!(out, ".{}", step.segment)?,
                StepKind::Function(function) => write!(out, ".{function}")?,
            }
        }
        Ok(())
    }
}

/// The member of an object, or the members of all elements of a list.
fn member<'a>(data: Cow<'a, Value>, name: &Arc<str>, declared: &dyn Fn() -> bool) -> Result<Cow<'a, Value>, ValueError> {
    match data {
        Cow::Borrowed(Value::Object(object)) => Ok(Cow::Borrowed(object.get(name).unwrap_or(&NULL))),
        Cow::Owned(Value::Object(object)) => Ok(Cow::Owned(object.get(name).cloned().unwrap_or_default())),
        other => match &*other {
            Value::Array(items) => members(items, name, declared).map(Cow::Owned),
            unreachable => Err(ValueError::PathUnreachable(unreachable.into())),
        },
    }
}

/// The members of all elements, lists among them spliced one level deep. Null stays, unless an array is declared here.
fn members(items: &[Value], name: &Arc<str>, declared: &dyn Fn() -> bool) -> Result<Value, ValueError> {
    let mut found = Vec::with_capacity(items.len());
    let mut null_is_array: Option<bool> = None;
    let mut known: Option<(&Arc<Shape>, usize)> = None;
    for item in items {
        let value = match item {
            Value::Null => &NULL,
            Value::Object(object) => match known {
                Some((shape, slot)) if Arc::ptr_eq(shape, object.shape()) => object.values().get(slot).unwrap_or(&NULL),
                _ => match object.shape().position(name) {
                    Some(slot) => {
                        known = Some((object.shape(), slot));
                        object.values().get(slot).unwrap_or(&NULL)
                    }
                    None => &NULL,
                },
            },
            other => return Err(ValueError::PathUnreachable(other.into())),
        };
        match value {
            Value::Array(inner) => found.extend(inner.iter().cloned()),
            Value::Null => {
                if !*null_is_array.get_or_insert_with(declared) {
                    found.push(Value::Null);
                }
            }
            other => found.push(other.clone()),
        }
    }
    Ok(Value::array(found))
}
