//! Values of criteria that hold no column: decided by the rules of memory before a store is asked (values.md §5, §6.5).

use super::criteria::{Literal, Statement};
use crate::model::JointType;
use crate::port::Computation;
use crate::value::{Arithmetic, DateFormats, DatePart, Decimal, Value, ValueError, compare, text_form};

impl Literal {
    /// The value of a literal without columns.
    ///
    /// # Errors
    /// [`ValueError`] of a computation, as in memory.
    pub(super) fn value(&self, dates: &DateFormats) -> Result<Value, ValueError> {
        Ok(match self {
            Self::Value(value) => value.clone(),
            Self::Computed(Computation::Concat, elements) => {
                let mut text = String::new();
                for element in elements {
                    text.push_str(&text_form(&element.value(dates)?));
                }
                Value::from(text)
            }
            Self::Computed(Computation::Compute(compute_type), elements) => {
                match (Arithmetic::of_compute(*compute_type), DatePart::of_compute(*compute_type)) {
                    (Some(arithmetic), _) => folded(arithmetic, elements, dates)?,
                    (_, Some(part)) => match elements.first() {
                        Some(element) => part.of_value(&element.value(dates)?, dates)?,
                        None => Value::Null,
                    },
                    _ => Value::Null,
                }
            }
            Self::Case { routes, otherwise } => {
                for (condition, value) in routes {
                    if condition.holds(dates)? {
                        return value.value(dates);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |value| value.value(dates))?
            }
            // Everything else has a column.
            Self::Computed(..) | Self::DayText(_) | Self::Column(_) | Self::NoColumn(_) => Value::Null,
        })
    }
}

impl Statement {
    /// Whether a statement without columns holds.
    fn holds(&self, dates: &DateFormats) -> Result<bool, ValueError> {
        match self {
            Self::Comparison { left, operator, right } => {
                let right = right.as_ref().map_or(Ok(Value::Null), |right| right.literal.value(dates))?;
                compare(*operator, &left.literal.value(dates)?, &right, dates)
            }
            Self::Joint { joint_type, children } => {
                let deciding = *joint_type == JointType::Or;
                for child in children {
                    if child.holds(dates)? == deciding {
                        return Ok(deciding);
                    }
                }
                // An empty joint restricts nothing (D-14).
                Ok(!deciding || children.is_empty())
            }
        }
    }
}

fn folded(arithmetic: Arithmetic, elements: &[Literal], dates: &DateFormats) -> Result<Value, ValueError> {
    let mut result: Option<Decimal> = None;
    for element in elements {
        let (number, _) = arithmetic.operand(&element.value(dates)?)?;
        result = Some(match result {
            None => number,
            Some(result) => arithmetic.apply(result, number)?,
        });
    }
    Ok(Value::Number(result.unwrap_or(Decimal::ZERO)))
}
