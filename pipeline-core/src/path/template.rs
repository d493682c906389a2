//! Constants: literal texts and expressions in braces (values.md §3).

use std::borrow::Cow;
use std::fmt;
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

/// The constant as it is written, its expressions in their plainest form.
impl fmt::Display for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(literal) => out.write_str(literal)?,
                Part::Expression(expression) => write!(out, "{{{expression}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::FactorType;
    use crate::path::{DateArgument, Names, Origin};
    use crate::value::DateFormats;

    /// Variable `v` in slot 0; factors `day`, `l` and `l.m`, the last two arrays.
    struct Known;

    impl Names for Known {
        fn variable_slot(&self, name: &str) -> Option<usize> {
            (name == "v").then_some(0)
        }

        fn factor(&self, name: &str) -> Option<FactorType> {
            match name {
                "day" => Some(FactorType::Date),
                "l" | "l.m" => Some(FactorType::Array),
                _ => None,
            }
        }
    }

    fn parse(text: &str, in_criteria: bool) -> Result<Template, PathError> {
        Template::parse(Some(text), &PathContext { names: &Known, dates: &DateFormats::default(), in_criteria })
    }

    #[test]
    fn mistakes_have_a_code_and_a_column_in_characters() {
        for (text, code, column) in [
            ("中{s.&foo}", "definition-unknown-function", 5),
            ("{&foo}", "definition-unknown-function", 2),
            ("{s.&upper(1)}", "definition-function-argument", 11),
            ("{s.&slice(0,x)}", "definition-function-argument", 13),
            ("{&moveDate(d,M+)}", "definition-function-argument", 16),
            ("{&dayDiff(d)}", "definition-function-argument", 12),
            ("{&dayDiff(d,)}", "definition-function-argument", 13),
            ("{&dayDiff(&x,d)}", "definition-unknown-function", 11),
            ("{&old.}", "definition-bad-path", 7),
            ("x{&old}", "definition-bad-path", 3),
            ("{s.&upper(}", "definition-bad-path", 11),
            ("{&now", "", 0),
        ] {
            match parse(text, false) {
                Err(error) => assert_eq!((error.code, error.column), (code, column), "{text}: {error}"),
                Ok(template) => assert_eq!((code, template.literal().is_some()), ("", true), "{text}"),
            }
        }
        let long = format!("{{{}}}", "a".repeat(PATH_BYTES));
        assert_eq!(parse(&long, false).unwrap_err().code, "definition-path-too-long");
    }

    #[test]
    fn criteria_know_the_factors_of_the_stored_topic() {
        assert_eq!(parse("{&a.b.&length}", true).unwrap().expression(), Some(&Expression::ColumnLength("a.b".into())));
        let template = parse("{&dayDiff(&day,&now)}", true).unwrap();
        let Some(Expression::Difference { end, start, .. }) = template.expression() else { panic!("{template:?}") };
        assert_eq!((end, start), (&DateArgument::Column("day".into()), &DateArgument::Now));
        assert!(matches!(parse("{&old.x.&length}", true).unwrap().expression(), Some(Expression::Path(_))));
        assert!(parse("{&old}", true).is_err());
        assert!(parse("{&a.&length}", false).is_err());
    }

    #[test]
    fn texts_are_told_from_what_may_be_anything() {
        for (text, is_text) in [("5", true), ("a{b}", true), ("{a}{b}", true), ("{a}", false), ("{&fmtDate(day,Y)}", true), ("{&now}", false), ("", false)] {
            assert_eq!(parse(text, false).unwrap().is_statically_text(), is_text, "{text}");
        }
    }

    #[test]
    fn origins_follow_the_rule_of_copies() {
        let origin = |text| Origin::of_constant(text, &Known);
        assert_eq!(format!("{:?}", origin("{&old.a.b}")), r#"Origin { path: Some("a.b"), variable: None }"#);
        assert_eq!(format!("{:?}", origin(" {l.m} ")), r#"Origin { path: Some("l.m"), variable: None }"#);
        assert_eq!(format!("{:?}", origin("{v.x}")), r#"Origin { path: Some("v.x"), variable: Some((0, Some("x"))) }"#);
        assert_eq!(format!("{:?}", origin("{v}")), r#"Origin { path: Some("v"), variable: Some((0, None)) }"#);
        assert_eq!(format!("{:?}", origin("")), "Origin { path: None, variable: None }");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a{}&.(),|:'Tn0-9 中]{0,24}", in_criteria: bool) {
            if let Err(error) = parse(&text, in_criteria) {
                prop_assert!(error.column <= text.chars().count() + 1);
            }
        }

        #[test]
        fn functions_with_any_arguments_are_read_or_refused(
            name in "dayDiff|moveDate|fmtDate|combineDateTime|now|old|nextSeq|x",
            arguments in "[a&.(),'T0-9 +MD中-]{0,16}",
        ) {
            if let Err(error) = parse(&format!("中{{&{name}({arguments})}}"), false) {
                prop_assert!(error.column >= 2);
            }
        }

        #[test]
        fn text_without_braces_is_itself(text in "[^{}]{1,20}") {
            let template = parse(&text, false).unwrap();
            prop_assert_eq!(template.literal(), Some(&Value::from(text)));
        }
    }
}
