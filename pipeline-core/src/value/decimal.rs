//! Exact decimals: a coefficient of up to 38 digits and a scale of 0 to 38 (values.md §1.1).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
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

/// 10 to the power of `exponent`; `None` above 38.
pub(super) const fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// How many decimal digits a coefficient has; zero has none.
pub(super) const fn digits_of(coefficient: i128) -> u32 {
    match coefficient.unsigned_abs().checked_ilog10() {
        Some(log) => log + 1,
        None => 0,
    }
}

impl Decimal {
    /// Zero with scale 0.
    pub const ZERO: Self = Self { coefficient: 0, scale: 0 };
    /// One with scale 0.
    pub const ONE: Self = Self { coefficient: 1, scale: 0 };

    /// A number of these digits with so many of them after the point.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] above 38 digits or scale 38.
    pub const fn new(coefficient: i128, scale: u32) -> Result<Self, DecimalError> {
        if digits_of(coefficient) > MAX_DIGITS || scale > MAX_DIGITS {
            return Err(DecimalError::OutOfRange);
        }
        Ok(Self { coefficient, scale: scale as u8 })
    }

    /// A number that is known to be within bounds.
    pub(super) const fn within_bounds(coefficient: i128, scale: u8) -> Self {
        Self { coefficient, scale }
    }

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

    /// Whether it is below zero.
    pub const fn is_negative(&self) -> bool {
        self.coefficient < 0
    }

    /// Whether there is no fraction, or one of zeros only.
    pub fn is_integral(&self) -> bool {
        self.split().1 == 0
    }

    /// The same number with the smallest scale: `1.50` becomes `1.5`, `12.0` becomes `12`.
    #[must_use]
    pub const fn normalized(mut self) -> Self {
        while self.scale > 0 && self.coefficient % 10 == 0 {
            self.coefficient /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The number as an integer, if it is one of 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        let (whole, fraction) = self.split();
        if fraction != 0 {
            return None;
        }
        i64::try_from(whole).ok()
    }

    /// The absolute value.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { coefficient: self.coefficient.abs(), scale: self.scale }
    }

    /// What stands before and after the point, both with the sign of the number.
    fn split(&self) -> (i128, i128) {
        if self.scale == 0 {
            return (self.coefficient, 0);
        }
        match power_of_ten(u32::from(self.scale)) {
            Some(unit) => (self.coefficient / unit, self.coefficient % unit),
            None => (0, self.coefficient),
        }
    }

    /// The number with at most `scale` digits after the point, rounded half away from zero; a smaller scale is kept.
    #[must_use]
    pub fn round_to_scale(self, scale: u8) -> Self {
        let Some(dropped) = self.scale.checked_sub(scale).filter(|dropped| *dropped > 0) else { return self };
        let Some(unit) = power_of_ten(u32::from(dropped)) else { return self };
        let (quotient, rest) = (self.coefficient / unit, self.coefficient % unit);
        let up = rest.unsigned_abs() >= unit.unsigned_abs() / 2;
        Self { coefficient: if up { quotient + self.coefficient.signum() } else { quotient }, scale }
    }

    /// The number with exactly `scale` digits after the point, as a column of that scale holds it: rounded half away
    /// from zero, or filled with zeros.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] where the zeros do not fit into 38 digits.
    pub fn rescale(self, scale: u8) -> Result<Self, DecimalError> {
        if scale <= self.scale {
            return Ok(self.round_to_scale(scale));
        }
        let factor = power_of_ten(u32::from(scale - self.scale)).ok_or(DecimalError::OutOfRange)?;
        let coefficient = self.coefficient.checked_mul(factor).ok_or(DecimalError::OutOfRange)?;
        Self::new(coefficient, u32::from(scale))
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { coefficient: i128::from(value), scale: 0 }
    }
}

impl TryFrom<i128> for Decimal {
    type Error = DecimalError;

    fn try_from(value: i128) -> Result<Self, DecimalError> {
        Self::new(value, 0)
    }
}

/// The digits of a text while they are read.
#[derive(Default)]
struct Digits {
    coefficient: i128,
    /// Digits after the point.
    fraction: i64,
    /// Whether there was any digit at all.
    any: bool,
    /// Whether there were too many.
    overflow: bool,
}

impl Digits {
    fn take(&mut self, digit: u8) {
        self.any = true;
        match self.coefficient.checked_mul(10).and_then(|shifted| shifted.checked_add(i128::from(digit - b'0'))) {
            Some(coefficient) if digits_of(coefficient) <= MAX_DIGITS => self.coefficient = coefficient,
            _ => self.overflow = true,
        }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads the number grammar of values.md §1.1 (V-27): white space, a sign, ASCII digits with at most one point, an
    /// exponent. The scale is what was written: `1.10` has scale 2, `1E+3` scale 0.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let mut rest = text.trim().as_bytes();
        let negative = matches!(rest.first(), Some(b'-'));
        if let [b'+' | b'-', unsigned @ ..] = rest {
            rest = unsigned;
        }
        let mut digits = Digits::default();
        let mut after_point = false;
        let mut exponent = 0_i64;
        while let [byte, following @ ..] = rest {
            match byte {
                b'0'..=b'9' => {
                    digits.take(*byte);
                    digits.fraction += i64::from(after_point);
                }
                b'.' if !after_point => after_point = true,
                b'e' | b'E' if digits.any => {
                    exponent = read_exponent(following)?;
                    break;
                }
                _ => return Err(DecimalError::NotANumber),
            }
            rest = following;
        }
        if !digits.any {
            return Err(DecimalError::NotANumber);
        }
        if digits.overflow {
            return Err(DecimalError::OutOfRange);
        }
        let coefficient = if negative { -digits.coefficient } else { digits.coefficient };
        let scale = digits.fraction.saturating_sub(exponent);
        if scale >= 0 {
            return Self::new(coefficient, u32::try_from(scale).map_err(|_| DecimalError::OutOfRange)?);
        }
        if coefficient == 0 {
            return Ok(Self::ZERO);
        }
        let factor = u32::try_from(scale.unsigned_abs()).ok().and_then(power_of_ten).ok_or(DecimalError::OutOfRange)?;
        Self::new(coefficient.checked_mul(factor).ok_or(DecimalError::OutOfRange)?, 0)
    }
}

/// Reads a sign and digits up to the end. What no number could have as an exponent is brought near to the bounds.
fn read_exponent(text: &[u8]) -> Result<i64, DecimalError> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(DecimalError::NotANumber);
    }
    let mut exponent = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(DecimalError::NotANumber);
        }
        exponent = (exponent * 10 + i64::from(digit - b'0')).min(1_000_000_000_000);
    }
    Ok(if negative { -exponent } else { exponent })
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.coefficient.cmp(&other.coefficient);
        }
        if self.scale > other.scale {
            return other.cmp(self).reverse();
        }
        // What does not fit after the shift is larger than anything that a coefficient can hold.
        let shifted = power_of_ten(u32::from(other.scale - self.scale)).and_then(|factor| self.coefficient.checked_mul(factor));
        match shifted {
            Some(coefficient) => coefficient.cmp(&other.coefficient),
            None => self.coefficient.cmp(&0),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let least = self.normalized();
        (least.coefficient, least.scale).hash(state);
    }
}

impl fmt::Display for Decimal {
    /// Plain notation without exponent; the scale is kept (decisions: `1.10` stays `1.10`).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = self.split();
        if self.scale == 0 {
            return fmt::Display::fmt(&whole, out);
        }
        let sign = if self.coefficient < 0 { "-" } else { "" };
        let width = usize::from(self.scale);
        write!(out, "{sign}{}.{:0width$}", whole.unsigned_abs(), fraction.unsigned_abs())
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn reads_the_number_grammar_and_nothing_else() {
        for (text, shown) in [
            ("12", "12"),
            ("12.", "12"),
            (".5", "0.5"),
            ("12.5", "12.5"),
            (" -1.10 ", "-1.10"),
            ("+7", "7"),
            ("1E+3", "1000"),
            ("1.5e1", "15"),
            ("25e-3", "0.025"),
            ("0E+999999999999999999999", "0"),
            ("-0.00", "0.00"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
        for text in ["", " ", ".", "e5", "1e", "1e+", "1_000", "NaN", "Infinity", "1.2.3", "--1", "1 2", "١", "0x1"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text}");
        }
        for text in ["1e38", "1e-39", "1e999999999999999999999", "123456789012345678901234567890123456789"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::OutOfRange), "{text}");
        }
        assert_eq!(number("1e37").to_string().len(), 38);
    }

    #[test]
    fn equality_and_order_are_numeric() {
        assert_eq!(number("5"), number("5.000"));
        assert!(number("0.1") < number("0.11"));
        assert!(number("-3") < number("-2.99999999999999999999999999999999999"));
        assert!(number("99999999999999999999999999999999999999") > number("0.00000000000000000000000000000000000001"));
        assert!(number("-99999999999999999999999999999999999999") < number("0.00000000000000000000000000000000000001"));
    }

    #[test]
    fn rounds_half_away_from_zero() {
        for (text, scale, rounded) in [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("1.2449", 2, "1.24"), ("1.245", 2, "1.25"), ("1.2", 4, "1.2"), ("9.99", 1, "10.0")]
        {
            assert_eq!(number(text).round_to_scale(scale).to_string(), rounded);
        }
        assert_eq!(number("28").rescale(6).unwrap().to_string(), "28.000000");
        assert_eq!(number("99999999999999999999999999999999999999").rescale(1), Err(DecimalError::OutOfRange));
    }

    #[test]
    fn tells_integers() {
        assert_eq!(number("12.0").to_i64(), Some(12));
        assert_eq!(number("12.5").to_i64(), None);
        assert_eq!(number("9223372036854775808").to_i64(), None);
        assert!(number("1E3").is_integral());
        assert_eq!(number("100.500").normalized().scale(), 1);
    }
}
