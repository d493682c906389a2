//! Constants: literal texts and expressions in braces (values.md §3).

use std::borrow::Cow;
use std::sync::Arc;

use super::error::Fault;
use super::function::FirstRow;
use super::grammar::{ConstantPiece, constant};
use super::{Expression, PathContext, PathError, Scope};
use crate::limits::PATH_BYTES;
use crate::value::{Value, ValueError, text_form};

/// A compiled constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    text: Arc<str>,
    parts: Vec<Part>,
    /// The value where there is no expression.
    literal: Option<Value>,
}

/// A part of a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Literal text, never empty.
    Text(Arc<str>),
    /// An expression.
    Expression(Expression),
}

impl Template {
    /// Compiles a constant. No text and the empty text are null; a blank one is itself (values.md §1.5).
    ///
    /// # Errors
    /// [`PathError`] with the column.
    pub fn parse(text: Option<&str>, context: &PathContext<'_>) -> Result<Self, PathError> {
        let text = text.unwrap_or_default();
        Self::compile(text, context).map_err(|fault| fault.in_text(text))
    }

    fn compile(text: &str, context: &PathContext<'_>) -> Result<Self, Fault> {
        if text.is_empty() {
            return Ok(Self { text: text.into(), parts: Vec::new(), literal: Some(Value::Null) });
        }
        if !(text.contains('{') && text.contains('}')) {
            let text: Arc<str> = text.into();
            return Ok(Self { parts: vec![Part::Text(Arc::clone(&text))], literal: Some(Value::Text(Arc::clone(&text))), text });
        }
        if text.len() > PATH_BYTES {
            return Err(Fault::too_long(PATH_BYTES));
        }
        let pieces = constant(text);
        let alone = pieces.len() == 1;
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                ConstantPiece::Text(piece) => parts.push(Part::Text(piece.text.into())),
                ConstantPiece::Expression(piece) => {
                    let expression = Expression::parse(piece, context)?;
                    if expression == Expression::Previous && (context.in_criteria || !alone) {
                        let reason = if alone { "the whole previous row can not be compared" } else { "the whole previous row can not be part of a text" };
                        return Err(Fault::path(piece.start, reason, "name a factor: &old.name"));
                    }
                    parts.push(Part::Expression(expression));
                }
            }
        }
        let literal = match parts.as_slice() {
            [Part::Text(text)] => Some(Value::Text(Arc::clone(text))),
            _ => None,
        };
        Ok(Self { text: text.into(), parts, literal })
    }

    /// The constant as written.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Its parts in order; none for null.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The value, where there is no expression.
    pub const fn literal(&self) -> Option<&Value> {
        self.literal.as_ref()
    }

    /// The expression, where there is nothing else.
    pub fn expression(&self) -> Option<&Expression> {
        match self.parts.as_slice() {
            [Part::Expression(expression)] => Some(expression),
            _ => None,
        }
    }

    /// Whether its value is a text whatever the data is.
    pub fn is_statically_text(&self) -> bool {
        match self.parts.as_slice() {
            [] => false,
            [Part::Expression(expression)] => matches!(expression, Expression::Format { .. }),
            _ => true,
        }
    }

    /// The `&firstRow` functions in it.
    pub fn first_rows(&self) -> impl Iterator<Item = &FirstRow> {
        let expressions = self.parts.iter().filter_map(|part| match part {
            Part::Expression(expression) => Some(expression),
            Part::Text(_) => None,
        });
        expressions.flat_map(Expression::paths).flat_map(super::Path::first_rows)
    }

    /// The value: of a single expression its own, else a text in which null is nothing (V-01, V-02).
    ///
    /// # Errors
    /// [`ValueError`] of the first expression that fails.
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        if let Some(literal) = &self.literal {
            return Ok(Cow::Borrowed(literal));
        }
        if let [Part::Expression(expression)] = self.parts.as_slice() {
            return expression.evaluate(scope);
        }
        let mut text = String::with_capacity(self.text.len());
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Expression(expression) => text.push_str(&text_form(&*expression.evaluate_for_text(scope)?)),
            }
        }
        Ok(Cow::Owned(Value::from(text)))
    }
}
