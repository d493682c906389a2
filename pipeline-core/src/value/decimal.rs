//! Exact decimals: a coefficient of up to 38 digits and a scale of 0 to 38 (values.md §1.1).

use std::fmt;
use std::str::FromStr;

/// The largest number of digits of a coefficient, and the largest scale.
pub const MAX_DIGITS: u32 = 38;

/// Why a text or a result is no decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text does not follow the number grammar (values.md §1.1, V-27).
    #[error("not a number")]
    NotANumber,
    /// More than 38 digits, or a scale over 38.
    #[error("number has more than 38 digits")]
    OutOfRange,
    /// Division or modulus by zero.
    #[error("division by zero")]
    DivisionByZero,
}

/// An exact decimal number. Equality and order are numeric (`5` equals `5.0`); the scale shows only in its text.
#[derive(Clone, Copy, Default)]
pub struct Decimal {
    coefficient: i128,
    scale: u8,
}

impl Decimal {
    /// Zero with scale 0.
    pub const ZERO: Self = Self { coefficient: 0, scale: 0 };
    /// One with scale 0.
    pub const ONE: Self = Self { coefficient: 1, scale: 0 };

    /// The digits without the point.
    pub const fn coefficient(&self) -> i128 {
        self.coefficient
    }

    /// How many digits stand after the point.
    pub const fn scale(&self) -> u8 {
        self.scale
    }

    /// Whether it is zero, whatever its scale.
    pub const fn is_zero(&self) -> bool {
        self.coefficient == 0
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { coefficient: i128::from(value), scale: 0 }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(_text: &str) -> Result<Self, DecimalError> {
        Err(DecimalError::NotANumber)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.coefficient == other.coefficient && self.scale == other.scale
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.coefficient)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}
