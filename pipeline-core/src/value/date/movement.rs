//! Movements of dates: the second argument of `&moveDate` (values.md §7.4, V-46).

use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use super::{days_in_month, is_in_range};
use crate::value::{Value, ValueError};

/// The day of a `D` step without sign that means the last of the month.
const LAST_DAY: u32 = 99;

/// A movement that can not be read (`definition-bad-movement`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {position}: {reason}; write steps such as Y2024 M-1 D99 h+2, a unit of YMDhms, a sign or none, digits")]
pub struct MovementError {
    /// The position of the character in the movement, from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Set(u32),
    Add(i64),
}

/// Steps that are applied to a date from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    text: Arc<str>,
    steps: Vec<(Unit, Amount)>,
}

impl std::fmt::Display for Movement {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (unit, amount) in &self.steps {
            let letter = match unit {
                Unit::Year => 'Y',
                Unit::Month => 'M',
                Unit::Day => 'D',
                Unit::Hour => 'h',
                Unit::Minute => 'm',
                Unit::Second => 's',
            };
            match amount {
                Amount::Set(value) => write!(out, "{letter}{value}")?,
                Amount::Add(value) => write!(out, "{letter}{value:+}")?,
            }
        }
        Ok(())
    }
}

impl Movement {
    /// Reads a movement. White space does not matter.
    ///
    /// # Errors
    /// [`MovementError`] at the first character that belongs to no step.
    pub fn parse(text: &str) -> Result<Self, MovementError> {
        let mut characters = text.chars().enumerate().filter(|(_, character)| !character.is_whitespace()).peekable();
        let end = text.chars().count() + 1;
        let mut steps = Vec::new();
        while let Some((index, letter)) = characters.next() {
            let unit = match letter {
                'Y' => Unit::Year,
                'M' => Unit::Month,
                'D' => Unit::Day,
                'h' => Unit::Hour,
                'm' => Unit::Minute,
                's' => Unit::Second,
                _ => return Err(MovementError { position: index + 1, reason: "is no unit" }),
            };
            let sign = characters.next_if(|(_, character)| matches!(character, '+' | '-')).map(|(_, sign)| sign);
            let mut number: Option<u32> = None;
            while let Some((_, digit)) = characters.next_if(|(_, character)| character.is_ascii_digit()) {
                let digit = digit.to_digit(10).unwrap_or_default();
                number = Some(number.unwrap_or_default().saturating_mul(10).saturating_add(digit));
            }
            let number =
                number.ok_or_else(|| MovementError { position: characters.peek().map_or(end, |(index, _)| index + 1), reason: "a number is missing" })?;
            let amount = match sign {
                None => Amount::Set(number),
                Some('-') => Amount::Add(-i64::from(number)),
                Some(_) => Amount::Add(i64::from(number)),
            };
            steps.push((unit, amount));
        }
        if steps.is_empty() {
            return Err(MovementError { position: 1, reason: "there is no step" });
        }
        Ok(Self { text: text.into(), steps })
    }

    /// The movement as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Moves a date or a moment; the kind stays, steps of the time of day do nothing to a date.
    ///
    /// # Errors
    /// [`ValueError::DateOutOfRange`] outside the years 1 to 9999; [`ValueError::NotADate`] for other kinds.
    pub fn apply(&self, value: &Value) -> Result<Value, ValueError> {
        let (start, dated) = match value {
            Value::Date(date) => (date.and_time(chrono::NaiveTime::MIN), true),
            Value::DateTime(moment) => (*moment, false),
            other => return Err(ValueError::NotADate(other.into())),
        };
        let mut moment = start;
        for (unit, amount) in &self.steps {
            if dated && matches!(unit, Unit::Hour | Unit::Minute | Unit::Second) {
                continue;
            }
            moment = step(moment, *unit, *amount).filter(|moved| is_in_range(*moved)).ok_or_else(|| ValueError::DateOutOfRange(value.into()))?;
        }
        Ok(if dated { Value::Date(moment.date()) } else { Value::DateTime(moment) })
    }
}

fn step(moment: NaiveDateTime, unit: Unit, amount: Amount) -> Option<NaiveDateTime> {
    match (unit, amount) {
        (Unit::Year, Amount::Set(year)) => with_month(moment, i32::try_from(year).ok()?, moment.month()),
        (Unit::Year, Amount::Add(years)) => add_months(moment, years.checked_mul(12)?),
        (Unit::Month, Amount::Set(month)) => with_month(moment, moment.year(), month.clamp(1, 12)),
        (Unit::Month, Amount::Add(months)) => add_months(moment, months),
        (Unit::Day, Amount::Set(day)) => {
            let last = days_in_month(moment.year(), moment.month());
            moment.with_day(if day == LAST_DAY { last } else { day.clamp(1, last) })
        }
        (Unit::Day, Amount::Add(days)) => {
            let span = Days::new(days.unsigned_abs());
            if days < 0 { moment.checked_sub_days(span) } else { moment.checked_add_days(span) }
        }
        (Unit::Hour, Amount::Set(hour)) => moment.with_hour(hour.min(23)),
        (Unit::Minute, Amount::Set(minute)) => moment.with_minute(minute.min(59)),
        (Unit::Second, Amount::Set(second)) => moment.with_second(second.min(59)),
        (Unit::Hour, Amount::Add(hours)) => moment.checked_add_signed(TimeDelta::try_hours(hours)?),
        (Unit::Minute, Amount::Add(minutes)) => moment.checked_add_signed(TimeDelta::try_minutes(minutes)?),
        (Unit::Second, Amount::Add(seconds)) => moment.checked_add_signed(TimeDelta::try_seconds(seconds)?),
    }
}

/// The same day of another month, or the last of that month.
fn with_month(moment: NaiveDateTime, year: i32, month: u32) -> Option<NaiveDateTime> {
    let day = moment.day().min(days_in_month(year, month));
    Some(NaiveDate::from_ymd_opt(year, month, day)?.and_time(moment.time()))
}

fn add_months(moment: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let span = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { moment.checked_sub_months(span) } else { moment.checked_add_months(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(moment: &str, movement: &str) -> Result<String, ValueError> {
        let start: NaiveDateTime = moment.parse().unwrap();
        match Movement::parse(movement).unwrap().apply(&Value::DateTime(start))? {
            Value::DateTime(moment) => Ok(moment.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn steps_go_from_left_to_right() {
        for (movement, result) in [
            ("M+1 M-1", "2024-01-29 10:20:30.000007"),
            ("Y2023M2", "2023-02-28 10:20:30.000007"),
            ("M 99", "2024-12-31 10:20:30.000007"),
            ("D0", "2024-01-01 10:20:30.000007"),
            ("D99", "2024-01-31 10:20:30.000007"),
            ("D + 99", "2024-05-09 10:20:30.000007"),
            ("h99m99s99", "2024-01-31 23:59:59.000007"),
            ("s-31", "2024-01-31 10:19:59.000007"),
        ] {
            assert_eq!(moved("2024-01-31T10:20:30.000007", movement).unwrap(), result, "{movement}");
        }
    }

    #[test]
    fn wrong_characters_have_a_position() {
        for (movement, position) in [("", 1), ("X1", 1), ("M1,", 3), ("D+", 3), ("D", 2), ("D--1", 3), ("DM1", 2)] {
            assert_eq!(Movement::parse(movement).unwrap_err().position, position, "{movement}");
        }
    }

    #[test]
    fn the_years_are_bounded() {
        for movement in ["Y0", "Y10000", "Y-2024", "D+9999999", "M+4294967295", "h+4294967295h+4294967295", "s+4294967295Y9999D99M12D+40"] {
            assert!(moved("2024-01-31T10:20:30", movement).is_err(), "{movement}");
        }
    }
}
