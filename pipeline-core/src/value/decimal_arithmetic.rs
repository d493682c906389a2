//! Arithmetic on decimals: every result is rounded to 28 significant digits, half to even (values.md §5).
//!
//! The scale of a result follows decimal arithmetic: sums keep the larger scale, products add them, quotients come as
//! near to the difference of the scales as an exact result allows.

use ethnum::I256;

use super::decimal::{digits_of, power_of_ten};
use super::{Decimal, DecimalError};

/// To how many significant digits an operation rounds.
pub const SIGNIFICANT_DIGITS: u32 = 28;

/// The largest scale as a signed number.
const MAX_SCALE: i64 = super::decimal::MAX_DIGITS as i64;

impl Decimal {
    /// The sum.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] above 38 digits before the point.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        let scale = self.scale().max(other.scale());
        if let (Some(left), Some(right)) = (self.shifted(scale), other.shifted(scale))
            && let Some(sum) = left.checked_add(right)
        {
            return finish(sum, i64::from(scale));
        }
        finish_wide(self.shifted_wide(scale) + other.shifted_wide(scale), i64::from(scale))
    }

    /// The difference.
    ///
    /// # Errors
    /// As [`Decimal::plus`].
    pub fn minus(self, other: Self) -> Result<Self, DecimalError> {
        self.plus(other.negated())
    }

    /// The product.
    ///
    /// # Errors
    /// As [`Decimal::plus`]. What is too small for scale 38 becomes zero.
    pub fn times(self, other: Self) -> Result<Self, DecimalError> {
        let scale = i64::from(self.scale()) + i64::from(other.scale());
        if let Some(product) = self.coefficient().checked_mul(other.coefficient()) {
            return finish(product, scale);
        }
        finish_wide(I256::from(self.coefficient()) * I256::from(other.coefficient()), scale)
    }

    /// The quotient: exact where it has up to 28 digits, else rounded.
    ///
    /// # Errors
    /// [`DecimalError::DivisionByZero`]; else as [`Decimal::plus`].
    pub fn divided_by(self, other: Self) -> Result<Self, DecimalError> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let wanted = i64::from(self.scale()) - i64::from(other.scale());
        if self.is_zero() {
            return Self::new(0, u32::try_from(wanted.clamp(0, MAX_SCALE)).unwrap_or(0));
        }
        // One digit more than is kept, whatever the lengths of the operands; the sticky digit below settles ties.
        let (length, divisor_length) = (i64::from(digits_of(self.coefficient())), i64::from(digits_of(other.coefficient())));
        let shift = (divisor_length - length + i64::from(SIGNIFICANT_DIGITS) + 1).max(0);
        let dividend = I256::from(self.coefficient()) * wide_power_of_ten(shift);
        let divisor = I256::from(other.coefficient());
        let (quotient, rest) = (dividend / divisor, dividend % divisor);
        let scale = wanted + shift;
        if rest == I256::ZERO {
            return finish_exact(quotient, scale, wanted);
        }
        let sign = if self.is_negative() == other.is_negative() { I256::ONE } else { I256::MINUS_ONE };
        finish_wide(quotient * I256::from(10) + sign, scale + 1)
    }

    /// The remainder of the truncated division; it has the sign of the dividend.
    ///
    /// # Errors
    /// [`DecimalError::DivisionByZero`]; else as [`Decimal::plus`].
    pub fn remainder(self, other: Self) -> Result<Self, DecimalError> {
        if other.is_zero() {
            return Err(DecimalError::DivisionByZero);
        }
        let scale = self.scale().max(other.scale());
        if let (Some(left), Some(right)) = (self.shifted(scale), other.shifted(scale)) {
            return finish(left % right, i64::from(scale));
        }
        finish_wide(self.shifted_wide(scale) % other.shifted_wide(scale), i64::from(scale))
    }

    /// The number with its sign turned.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self::within_bounds(-self.coefficient(), self.scale())
    }

    /// The coefficient at a larger scale, where it fits.
    fn shifted(self, scale: u8) -> Option<i128> {
        power_of_ten(u32::from(scale - self.scale())).and_then(|factor| self.coefficient().checked_mul(factor))
    }

    /// The coefficient at a larger scale; 38 digits shifted by 38 always fit.
    fn shifted_wide(self, scale: u8) -> I256 {
        I256::from(self.coefficient()) * wide_power_of_ten(i64::from(scale - self.scale()))
    }
}

/// 10 to the power of 0 to 76.
fn wide_power_of_ten(exponent: i64) -> I256 {
    I256::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

/// How many digits a wide coefficient has; zero has none.
fn wide_digits(coefficient: I256) -> i64 {
    match i128::try_from(coefficient) {
        Ok(narrow) => i64::from(digits_of(narrow)),
        Err(_) => {
            let high = coefficient / wide_power_of_ten(38);
            38 + i128::try_from(high).map_or(39, |high| i64::from(digits_of(high)))
        }
    }
}

/// Rounds a result that fits 128 bits; what needs no rounding stays there.
fn finish(coefficient: i128, scale: i64) -> Result<Decimal, DecimalError> {
    if digits_of(coefficient) <= SIGNIFICANT_DIGITS && (0..=MAX_SCALE).contains(&scale) {
        return Ok(Decimal::within_bounds(coefficient, scale as u8));
    }
    finish_wide(I256::from(coefficient), scale)
}

/// Rounds a result to 28 significant digits and to scale 38 at once, half to even.
fn finish_wide(coefficient: I256, scale: i64) -> Result<Decimal, DecimalError> {
    let surplus = wide_digits(coefficient) - i64::from(SIGNIFICANT_DIGITS);
    let dropped = surplus.max(scale - MAX_SCALE).max(0);
    let mut rounded = coefficient;
    if dropped > 76 {
        rounded = I256::ZERO;
    } else if dropped > 0 {
        let unit = wide_power_of_ten(dropped);
        let half = unit / 2;
        let (quotient, rest) = (coefficient / unit, (coefficient % unit).abs());
        let up = rest > half || (rest == half && quotient % 2 != I256::ZERO);
        rounded = if up { quotient + coefficient.signum() } else { quotient };
    }
    let narrow = i128::try_from(rounded).map_err(|_| DecimalError::OutOfRange)?;
    place(narrow, scale - dropped)
}

/// An exact quotient: zeros beyond the scale that was wanted are dropped; more digits than are kept are rounded.
fn finish_exact(mut coefficient: I256, mut scale: i64, wanted: i64) -> Result<Decimal, DecimalError> {
    let ten = I256::from(10);
    while scale > wanted.max(0) && coefficient % ten == I256::ZERO {
        coefficient /= ten;
        scale -= 1;
    }
    finish_wide(coefficient, scale)
}

/// Gives a rounded coefficient its scale; a negative scale becomes zeros before the point.
fn place(coefficient: i128, scale: i64) -> Result<Decimal, DecimalError> {
    if scale >= 0 {
        return Decimal::new(coefficient, u32::try_from(scale).map_err(|_| DecimalError::OutOfRange)?);
    }
    if coefficient == 0 {
        return Ok(Decimal::ZERO);
    }
    let factor = u32::try_from(-scale).ok().and_then(power_of_ten).ok_or(DecimalError::OutOfRange)?;
    Decimal::new(coefficient.checked_mul(factor).ok_or(DecimalError::OutOfRange)?, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn keeps_the_scales_of_decimal_arithmetic() {
        assert_eq!(number("1.10").plus(number("2.2")).unwrap().to_string(), "3.30");
        assert_eq!(number("1.10").times(number("2.2")).unwrap().to_string(), "2.420");
        assert_eq!(number("10").divided_by(number("4")).unwrap().to_string(), "2.5");
        assert_eq!(number("1.00").divided_by(number("2")).unwrap().to_string(), "0.50");
        assert_eq!(number("100").divided_by(number("5")).unwrap().to_string(), "20");
        assert_eq!(number("2.4").divided_by(number("0.12")).unwrap().to_string(), "20");
        assert_eq!(number("0.00").divided_by(number("3")).unwrap().to_string(), "0.00");
    }

    #[test]
    fn rounds_to_28_digits_half_to_even() {
        assert_eq!(number("1").divided_by(number("3")).unwrap().to_string(), format!("0.{}", "3".repeat(28)));
        assert_eq!(number("2").divided_by(number("3")).unwrap().to_string(), format!("0.{}7", "6".repeat(27)));
        assert_eq!(number("100").divided_by(number("3")).unwrap().to_string(), format!("33.{}", "3".repeat(26)));
        let long = number("12345678901234567890123456785");
        assert_eq!(long.plus(Decimal::ZERO).unwrap().to_string(), "12345678901234567890123456780");
        assert_eq!(long.plus(number("0.1")).unwrap().to_string(), "12345678901234567890123456790");
        let exact_tie = number("10000000000000000000000000005").divided_by(number("2")).unwrap();
        assert_eq!(exact_tie.to_string(), "5000000000000000000000000002");
    }

    #[test]
    fn remainders_have_the_sign_of_the_dividend() {
        for (left, right, rest) in [("-7", "3", "-1"), ("7", "-3", "1"), ("5.5", "2", "1.5"), ("1e37", "0.3", "0.1")] {
            assert_eq!(number(left).remainder(number(right)).unwrap(), number(rest), "{left} % {right}");
        }
        assert_eq!(number("1").remainder(Decimal::ZERO), Err(DecimalError::DivisionByZero));
        assert_eq!(number("1").divided_by(number("0.0")), Err(DecimalError::DivisionByZero));
    }

    #[test]
    fn meets_its_bounds() {
        let largest = number("99999999999999999999999999999999999999");
        assert_eq!(largest.plus(largest), Err(DecimalError::OutOfRange));
        assert_eq!(largest.times(largest), Err(DecimalError::OutOfRange));
        let smallest = number("0.00000000000000000000000000000000000001");
        assert!(smallest.times(smallest).unwrap().is_zero());
        assert_eq!(largest.divided_by(smallest), Err(DecimalError::OutOfRange));
        assert!(smallest.divided_by(largest).unwrap().is_zero());
    }

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (any::<i128>(), 0_u32..38, 0_u32..=38).prop_map(|(seed, cut, scale)| {
            let coefficient = seed % power_of_ten(38 - cut).unwrap();
            Decimal::new(coefficient, scale).unwrap()
        })
    }

    /// The exact value at scale 76.
    fn exact(number: Decimal) -> I256 {
        I256::from(number.coefficient()) * wide_power_of_ten(i64::from(38 - number.scale()))
    }

    proptest! {
        #[test]
        fn text_and_back(number in any_decimal()) {
            let again: Decimal = number.to_string().parse().unwrap();
            prop_assert_eq!(again.coefficient(), number.coefficient());
            prop_assert_eq!(again.scale(), number.scale());
        }

        #[test]
        fn order_agrees_with_exact_integers(left in any_decimal(), right in any_decimal()) {
            prop_assert_eq!(left.cmp(&right), exact(left).cmp(&exact(right)));
        }

        #[test]
        fn sums_are_nearest(left in any_decimal(), right in any_decimal()) {
            let wanted = exact(left) + exact(right);
            if let Ok(sum) = left.plus(right) {
                let error = (exact(sum) - wanted).abs();
                // Half a unit of the 28th digit.
                let unit = wide_power_of_ten((wide_digits(wanted) - 28).max(0));
                prop_assert!(error * 2 <= unit, "{} + {} = {}", left, right, sum);
                prop_assert_eq!(right.plus(left).unwrap().to_string(), sum.to_string());
            } else {
                prop_assert!(wide_digits(wanted) > 75);
            }
        }

        #[test]
        fn differences_undo_sums(left in -1_000_000_000_000_i64..1_000_000_000_000, right in -1_000_000_000_000_i64..1_000_000_000_000, scale in 0_u32..10) {
            let (left, right) = (Decimal::new(i128::from(left), scale).unwrap(), Decimal::new(i128::from(right), 3).unwrap());
            prop_assert_eq!(left.plus(right).unwrap().minus(right).unwrap(), left);
        }

        #[test]
        fn products_of_14_digits_are_exact_and_divide_back(left in 1_i64..100_000_000_000_000, right in 1_i64..100_000_000_000_000, scale in 0_u32..10) {
            let (left, right) = (Decimal::new(i128::from(left), scale).unwrap(), Decimal::from(right));
            let product = left.times(right).unwrap();
            prop_assert_eq!(product.coefficient(), left.coefficient() * right.coefficient());
            prop_assert_eq!(product.divided_by(right).unwrap(), left);
        }

        #[test]
        fn quotients_are_within_half_a_unit(left in any_decimal(), right in any_decimal()) {
            prop_assume!(!right.is_zero());
            if let Ok(quotient) = left.divided_by(right) {
                let digits = digits_of(quotient.coefficient());
                prop_assert!(digits <= 28 || quotient.scale() == 0);
            }
        }

        #[test]
        fn remainders_complete_the_quotient(left in any_decimal(), right in any_decimal()) {
            prop_assume!(!right.is_zero());
            if let Ok(rest) = left.remainder(right) {
                prop_assert!(rest.abs() <= right.abs());
                prop_assert!(rest.is_zero() || rest.is_negative() == left.is_negative());
            }
        }
    }
}
