//! Offsets from UTC at the end of a date text (values.md §7.1, V-15, D-24).

use chrono::FixedOffset;

/// How many digits a date with a time of day has at least; before fewer, nothing counts as an offset.
const DATE_AND_TIME_DIGITS: usize = 12;

/// Takes an offset off the end of a text: `Z`, `z`, `+hh:mm`, `-hh:mm`, `+hhmm` or `-hhmm` after at least 12 digits.
pub(super) fn take_off(text: &str) -> (&str, Option<FixedOffset>) {
    let trimmed = text.trim_end();
    let split = zulu(trimmed).or_else(|| signed(trimmed));
    match split {
        Some((rest, offset)) if rest.bytes().filter(u8::is_ascii_digit).count() >= DATE_AND_TIME_DIGITS => (rest, Some(offset)),
        _ => (text, None),
    }
}

fn zulu(text: &str) -> Option<(&str, FixedOffset)> {
    Some((text.strip_suffix(['Z', 'z'])?, FixedOffset::east_opt(0)?))
}

fn signed(text: &str) -> Option<(&str, FixedOffset)> {
    let at = text.rfind(['+', '-'])?;
    let (rest, offset) = text.split_at_checked(at)?;
    let (negative, hours, minutes) = match offset.as_bytes() {
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (*sign == b'-', two_digits(*h1, *h2)?, two_digits(*m1, *m2)?),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Some((rest, FixedOffset::east_opt(if negative { -seconds } else { seconds })?))
}

fn two_digits(tens: u8, ones: u8) -> Option<i32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| i32::from(tens - b'0') * 10 + i32::from(ones - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_offset_after_a_time_of_day_counts() {
        for (text, seconds) in [
            ("2024-01-02T10:20Z", Some(0)),
            ("2024-01-02T10:20:30+08:00", Some(28_800)),
            ("2024-01-02T10:20:30-0530", Some(-19_800)),
            ("2024-01-02T10:20:30+15:00", None),
            ("2024-01-02T10:20:30+08:60", None),
            ("17-05-2024", None),
            ("2024-01-02-1020", None),
            ("中-中中中", None),
        ] {
            assert_eq!(take_off(text).1.map(|offset| offset.local_minus_utc()), seconds, "{text}");
        }
    }
}
