//! `MASK-DAY`, `MASK-MONTH`, `MASK-MONTH-DAY`: parts of a date become 1 (values.md §8).

use chrono::{Datelike as _, NaiveDate};

use crate::model::Encryption;
use crate::value::{DateFormats, Value, ValueError};

/// Which parts become 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateMask {
    month: bool,
    day: bool,
}

impl DateMask {
    /// The mask of a method, if it is one of dates.
    pub(super) const fn of(method: Encryption) -> Option<Self> {
        match method {
            Encryption::MaskDay => Some(Self { month: false, day: true }),
            Encryption::MaskMonth => Some(Self { month: true, day: false }),
            Encryption::MaskMonthDay => Some(Self { month: true, day: true }),
            _ => None,
        }
    }

    /// Masks a date or a moment, or the digits of a text that is one; the time of day is kept.
    pub(super) fn apply(self, value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
        let masked = match value {
            Value::Date(date) => self.mask(*date).map(Value::Date),
            Value::DateTime(moment) => self.mask(moment.date()).map(|date| Value::DateTime(date.and_time(moment.time()))),
            Value::Text(text) => self.mask_text(text, dates).map(Value::from),
            _ => None,
        };
        masked.ok_or_else(|| ValueError::NotADate(value.into()))
    }

    fn mask(self, date: NaiveDate) -> Option<NaiveDate> {
        let (month, day) = (if self.month { 1 } else { date.month() }, if self.day { 1 } else { date.day() });
        NaiveDate::from_ymd_opt(date.year(), month, day)
    }

    /// Overwrites the digits of month and day where the format that matched has them; everything else stays.
    fn mask_text(self, text: &str, dates: &DateFormats) -> Option<String> {
        let places = dates.places(text)?;
        let mut digit_number = 0_usize;
        let masked = text.chars().map(|character| {
            if !character.is_ascii_digit() {
                return character;
            }
            let number = digit_number;
            digit_number += 1;
            let of_masked = |start: usize, wanted: bool| wanted.then(|| number.checked_sub(start)).flatten().filter(|offset| *offset < 2);
            match of_masked(places.month, self.month).or_else(|| of_masked(places.day, self.day)) {
                Some(0) => '0',
                Some(_) => '1',
                None => character,
            }
        });
        Some(masked.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(method: Encryption, text: &str) -> Option<String> {
        let value = DateMask::of(method)?.apply(&text.into(), &DateFormats::default()).ok()?;
        value.as_text().map(str::to_owned)
    }

    #[test]
    fn other_characters_stay() {
        for (method, text, result) in [
            (Encryption::MaskMonthDay, "17/05/2024 10:20:30", Some("01/01/2024 10:20:30")),
            (Encryption::MaskMonth, "17/05/2024", Some("17/01/2024")),
            (Encryption::MaskDay, "2024年05月17日", Some("2024年05月01日")),
            (Encryption::MaskDay, "2024-05-17T10:20:30+08:00", Some("2024-05-01T10:20:30+08:00")),
            (Encryption::MaskDay, "2024/5/17", None),
            (Encryption::MaskDay, "xx", None),
        ] {
            assert_eq!(masked(method, text).as_deref(), result, "{text}");
        }
        assert!(DateMask::of(Encryption::MaskDay).unwrap().apply(&20_240_517.into(), &DateFormats::default()).is_err());
    }
}
