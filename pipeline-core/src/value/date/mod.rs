//! Dates and times: parsing, parts, differences, movements and formats (values.md §7).

mod difference;
mod format;
mod movement;
mod offset;
mod parse;
mod part;

pub use difference::DateDifference;
pub use format::DatePattern;
pub use movement::{Movement, MovementError};
pub use parse::{DateFormatError, DateFormats};
pub use part::DatePart;

use chrono::{Datelike, NaiveDate, NaiveDateTime};

/// How many days a month has; 31 for what is no month.
pub(crate) fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if NaiveDate::from_ymd_opt(year, 2, 29).is_some() => 29,
        2 => 28,
        _ => 31,
    }
}

/// Whether a date is the last of its month.
pub(crate) fn is_month_end(date: NaiveDate) -> bool {
    date.day() == days_in_month(date.year(), date.month())
}

/// Whether a moment lies in the years 1 to 9999, which is all that a value can hold (values.md §1.1).
pub(crate) fn is_in_range(moment: NaiveDateTime) -> bool {
    (1..=9999).contains(&moment.year())
}
