//! Parts of dates (values.md §7.6). Weeks start on Sunday.

use chrono::{Datelike, NaiveDate};

use super::DateFormats;
use crate::model::ComputeType;
use crate::value::{Value, ValueError};

/// A part of a date, always an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// 1 to 9999.
    Year,
    /// 1 up to June, 2 from July on.
    HalfYear,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// 0 to 53; days before the first Sunday of the year are in week 0.
    WeekOfYear,
    /// 0 to 5; days before the first Sunday of the month are in week 0.
    WeekOfMonth,
    /// 1 to 31.
    DayOfMonth,
    /// Sunday is 1, Saturday 7.
    DayOfWeek,
}

impl DatePart {
    /// The part that a computation gives, if it gives one.
    pub const fn of_compute(compute_type: ComputeType) -> Option<Self> {
        match compute_type {
            ComputeType::YearOf => Some(Self::Year),
            ComputeType::HalfYearOf => Some(Self::HalfYear),
            ComputeType::QuarterOf => Some(Self::Quarter),
            ComputeType::MonthOf => Some(Self::Month),
            ComputeType::WeekOfYear => Some(Self::WeekOfYear),
            ComputeType::WeekOfMonth => Some(Self::WeekOfMonth),
            ComputeType::DayOfMonth => Some(Self::DayOfMonth),
            ComputeType::DayOfWeek => Some(Self::DayOfWeek),
            _ => None,
        }
    }

    /// The part of a date, a moment, or the text of one; null stays null (values.md §5).
    ///
    /// # Errors
    /// [`ValueError::NotADate`] for every other value.
    pub fn of_value(self, value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
        let date = match value {
            Value::Null => return Ok(Value::Null),
            Value::Date(date) => Some(*date),
            Value::DateTime(moment) => Some(moment.date()),
            Value::Text(text) => dates.parse_date(text).map(|moment| moment.date()),
            _ => None,
        };
        date.map(|date| Value::from(self.of(date))).ok_or_else(|| ValueError::NotADate(value.into()))
    }

    /// The part of a date.
    pub fn of(self, date: NaiveDate) -> i64 {
        match self {
            Self::Year => i64::from(date.year()),
            Self::HalfYear => i64::from((date.month0() / 6) + 1),
            Self::Quarter => i64::from((date.month0() / 3) + 1),
            Self::Month => i64::from(date.month()),
            Self::WeekOfYear => i64::from(week_of_year(date)),
            Self::WeekOfMonth => i64::from(week_of_month(date)),
            Self::DayOfMonth => i64::from(date.day()),
            Self::DayOfWeek => i64::from(date.weekday().number_from_sunday()),
        }
    }
}

/// The number of Sundays of the year up to and including the date.
fn week_of_year(date: NaiveDate) -> u32 {
    (date.ordinal0() + 7 - date.weekday().num_days_from_sunday()) / 7
}

/// The number of Sundays of the month up to and including the date.
fn week_of_month(date: NaiveDate) -> u32 {
    (date.day0() + 7 - date.weekday().num_days_from_sunday()) / 7
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    #[test]
    fn weeks_of_the_month_follow_the_rule_of_the_specification() {
        let mut date = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap();
        while date.year() < 2061 {
            assert_eq!(i64::from(week_of_year(date)), date.format("%U").to_string().parse::<i64>().unwrap(), "{date}");
            let first = date.with_day(1).unwrap();
            let on_sunday = u32::from(first.weekday() == chrono::Weekday::Sun);
            assert_eq!(week_of_month(date), week_of_year(date) - week_of_year(first) + on_sunday, "{date}");
            date = date + Days::new(1);
        }
    }

    #[test]
    fn halves_and_quarters() {
        for (month, half, quarter) in [(1, 1, 1), (3, 1, 1), (4, 1, 2), (6, 1, 2), (7, 2, 3), (12, 2, 4)] {
            let date = NaiveDate::from_ymd_opt(2024, month, 28).unwrap();
            assert_eq!((DatePart::HalfYear.of(date), DatePart::Quarter.of(date)), (half, quarter));
        }
    }
}
