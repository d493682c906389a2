//! Arithmetic on values: the computations of parameters (values.md §5) and the reading of aggregates (values.md §1.2).

use super::cast::to_number;
use super::{Decimal, Value, ValueError};
use crate::model::ComputeType;

/// An arithmetic computation; operands are folded from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// Sum; what is no number counts 0.
    Add,
    /// Difference; what is no number counts 0.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient.
    Divide,
    /// Remainder with the sign of the dividend.
    Modulus,
}

impl Arithmetic {
    /// The arithmetic of a computation, if it is one.
    pub const fn of_compute(compute_type: ComputeType) -> Option<Self> {
        match compute_type {
            ComputeType::Add => Some(Self::Add),
            ComputeType::Subtract => Some(Self::Subtract),
            ComputeType::Multiply => Some(Self::Multiply),
            ComputeType::Divide => Some(Self::Divide),
            ComputeType::Modulus => Some(Self::Modulus),
            _ => None,
        }
    }

    /// Whether null and what is no number counts 0 instead of being an error.
    pub const fn is_lenient(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }

    /// An operand as a number. With a lenient computation the flag tells that something counted 0 that is no number.
    ///
    /// # Errors
    /// [`ValueError::NotANumber`] where the computation needs one; [`ValueError::NumberOutOfRange`] always.
    pub fn operand(self, value: &Value) -> Result<(Decimal, bool), ValueError> {
        match to_number(value) {
            Ok(number) => Ok((number, false)),
            Err(ValueError::NotANumber(_)) if self.is_lenient() => Ok((Decimal::ZERO, true)),
            Err(error) => Err(error),
        }
    }

    /// One step of the fold, rounded to 28 significant digits.
    ///
    /// # Errors
    /// [`ValueError::DivisionByZero`]; [`ValueError::NumberOutOfRange`] where the result has more than 38 digits.
    pub fn apply(self, left: Decimal, right: Decimal) -> Result<Decimal, ValueError> {
        let result = match self {
            Self::Add => left.plus(right),
            Self::Subtract => left.minus(right),
            Self::Multiply => left.times(right),
            Self::Divide => left.divided_by(right),
            Self::Modulus => left.remainder(right),
        };
        result.map_err(|error| ValueError::of_arithmetic(error, &Value::Number(right)))
    }
}

/// A value as an aggregate reads it: what is no number is 0 (values.md §1.2, engine.md §3.9).
pub fn number_or_zero(value: &Value) -> Decimal {
    to_number(value).unwrap_or(Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_counts_nothing_in_sums_only() {
        assert_eq!(Arithmetic::Add.operand(&"xx".into()), Ok((Decimal::ZERO, true)));
        assert_eq!(Arithmetic::Subtract.operand(&Value::Null), Ok((Decimal::ZERO, true)));
        assert_eq!(Arithmetic::Add.operand(&"1e1".into()), Ok((Decimal::from(10), false)));
        assert!(Arithmetic::Multiply.operand(&Value::Null).is_err());
        assert!(Arithmetic::Add.operand(&Value::Literal("1e99".into())).is_err());
        assert_eq!(Arithmetic::Modulus.apply(Decimal::ONE, Decimal::ZERO), Err(ValueError::DivisionByZero));
    }

    #[test]
    fn aggregates_read_garbage_as_zero() {
        assert_eq!(number_or_zero(&Value::from("abc")), Decimal::ZERO);
        assert_eq!(number_or_zero(&Value::from(true)), Decimal::ONE);
    }
}
