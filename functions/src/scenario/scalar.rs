//! The normal form of single values (scenarios/README.md, "Normalisation of `expect`").

use serde_json::Value as Json;

/// From this many digits on, an integer is a generated id.
const ID_DIGITS: usize = 16;
/// What a generated id becomes.
const ID: &str = "<id>";

/// How exactly numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// Every digit counts: rows.
    Exact,
    /// As doubles: logs (decisions.md, "Numbers in logs, when compared").
    Double,
}

/// A number's normal form: without trailing zeros, a text where no double has the value, `<id>` for generated ids.
pub(super) fn number(digits: &str, precision: Precision) -> Json {
    let Some(exact) = Plain::parse(digits) else {
        return Json::String(digits.to_owned());
    };
    if exact.is_integer_of(ID_DIGITS) {
        return Json::String(ID.to_owned());
    }
    let double = digits.parse::<f64>().ok().filter(|double| double.is_finite());
    let double = double.and_then(|double| Plain::parse(&format!("{double:e}")));
    match (double, precision) {
        (Some(double), _) if double == exact => json_number(&exact),
        (Some(double), Precision::Double) => json_number(&double),
        _ => Json::String(exact.to_string()),
    }
}

/// A text's normal form: generated ids in it become `<id>`, a fraction of zeros of a moment goes.
pub(super) fn text(text: &str) -> String {
    if let Some(moment) = without_zero_fraction(text) {
        return moment;
    }
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from_digits) = rest.split_at(start);
        let length = from_digits.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = from_digits.split_at(length);
        normal.push_str(before);
        // the digits behind a point are a fraction, not an integer
        let fraction = normal.ends_with('.') && normal.bytes().rev().nth(1).is_some_and(|byte| byte.is_ascii_digit());
        normal.push_str(if length >= ID_DIGITS && !fraction { ID } else { digits });
        rest = after;
    }
    normal.push_str(rest);
    normal
}

/// `2024-02-29T23:59:58.120000` without the zeros at its end; nothing for other texts and where there are none.
fn without_zero_fraction(text: &str) -> Option<String> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let (moment, fraction) = text.rsplit_once('.')?;
    let same = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    let is_moment = moment.len() == SHAPE.len() && moment.bytes().zip(SHAPE).all(same);
    if !is_moment || !fraction.ends_with('0') || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match fraction.trim_end_matches('0') {
        "" => Some(moment.to_owned()),
        fraction => Some(format!("{moment}.{fraction}")),
    }
}

fn json_number(plain: &Plain) -> Json {
    let digits = plain.to_string();
    digits.parse().map_or(Json::String(digits), Json::Number)
}

/// A decimal number as its digits, without zeros at either end, and the power of ten behind them.
#[derive(Debug, PartialEq, Eq)]
struct Plain {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Plain {
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let without_tail = digits.trim_end_matches('0');
        let tail = i64::try_from(digits.len() - without_tail.len()).ok()?;
        let digits = without_tail.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits: "0".to_owned(), exponent: 0 });
        }
        Some(Self { negative, digits, exponent: exponent.checked_add(tail)? })
    }

    fn is_integer_of(&self, digits: usize) -> bool {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX).saturating_add(self.exponent);
        self.exponent >= 0 && i64::try_from(digits).is_ok_and(|digits| length >= digits)
    }
}

impl std::fmt::Display for Plain {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        /// Beyond this many zeros a number is written with an exponent.
        const MOST_ZEROS: i64 = 40;
        if self.negative {
            out.write_str("-")?;
        }
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        let point = length.saturating_add(self.exponent);
        match (usize::try_from(self.exponent), usize::try_from(point)) {
            (Ok(zeros), _) if self.exponent <= MOST_ZEROS => write!(out, "{}{}", self.digits, "0".repeat(zeros)),
            (Err(_), Ok(point)) if point > 0 => {
                let (whole, fraction) = self.digits.split_at(point);
                write!(out, "{whole}.{fraction}")
            }
            (Err(_), _) if point > -MOST_ZEROS => {
                let zeros = usize::try_from(point.saturating_neg()).unwrap_or_default();
                write!(out, "0.{}{}", "0".repeat(zeros), self.digits)
            }
            _ => write!(out, "{}e{}", self.digits, self.exponent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(digits: &str, precision: Precision) -> String {
        number(digits, precision).to_string()
    }

    #[test]
    fn numbers_lose_their_trailing_zeros() {
        for (digits, normal) in [
            ("1.10", "1.1"),
            ("12.500000", "12.5"),
            ("5", "5"),
            ("500", "500"),
            ("-0.0", "0"),
            ("1e3", "1000"),
            ("0.00120", "0.0012"),
            ("-7.5E-1", "-0.75"),
            ("1e-60", "1e-60"),
        ] {
            assert_eq!(shown(digits, Precision::Exact), normal, "{digits}");
            assert_eq!(shown(digits, Precision::Double), normal, "{digits}");
        }
    }

    #[test]
    fn what_no_double_holds_is_a_text_in_rows_and_a_double_in_logs() {
        let third = "0.3333333333333333333333333333";
        assert_eq!(shown(third, Precision::Exact), format!("\"{third}\""));
        assert_eq!(shown(third, Precision::Double), "0.3333333333333333");
        assert_eq!(shown("0.8333333333333333333333333333", Precision::Double), "0.8333333333333334");
    }

    #[test]
    fn long_integers_are_ids() {
        assert_eq!(shown("1234567890123456", Precision::Exact), "\"<id>\"");
        assert_eq!(shown("1e20", Precision::Double), "\"<id>\"");
        assert_eq!(shown("123456789012345", Precision::Exact), "123456789012345");
        assert_eq!(text("row 1234567890123456 of 12345678901234567890"), "row <id> of <id>");
        assert_eq!(text("123456789012345"), "123456789012345");
        assert_eq!(text("0.12345678901234567890"), "0.12345678901234567890");
    }

    #[test]
    fn a_moment_keeps_only_a_fraction_that_says_something() {
        assert_eq!(text("2024-02-29T23:59:58.000000"), "2024-02-29T23:59:58");
        assert_eq!(text("2024-02-29T23:59:58.120000"), "2024-02-29T23:59:58.12");
        assert_eq!(text("2024-02-29T23:59:58.123456"), "2024-02-29T23:59:58.123456");
        assert_eq!(text("2024-02-29 23:59:58.000"), "2024-02-29 23:59:58.000");
        assert_eq!(text("v1.10"), "v1.10");
    }
}
