//! Differences of dates in whole days, months and years (values.md §7.5, V-10).

use chrono::{Datelike, NaiveDate};

use super::is_month_end;

/// In which unit the difference of two dates is counted. Times of day do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateDifference {
    /// Years, truncated toward zero.
    Years,
    /// Months, truncated toward zero.
    Months,
    /// Days.
    Days,
}

impl DateDifference {
    /// The difference `end` − `start`; negative where the end comes first.
    pub fn between(self, end: NaiveDate, start: NaiveDate) -> i64 {
        match self {
            Self::Years => years(end, start),
            Self::Months => months(end, start),
            Self::Days => end.signed_duration_since(start).num_days(),
        }
    }

    /// The name of the function in a constant.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Years => "&yearDiff",
            Self::Months => "&monthDiff",
            Self::Days => "&dayDiff",
        }
    }
}

fn years(end: NaiveDate, start: NaiveDate) -> i64 {
    let years = i64::from(end.year() - start.year());
    if years < 0 {
        return -years_forward(start, end, -years);
    }
    years_forward(end, start, years)
}

/// Whole years of a span that runs forward; the last day of February counts as reached by any later day.
fn years_forward(end: NaiveDate, start: NaiveDate, years: i64) -> i64 {
    if years == 0 {
        return 0;
    }
    let day_reached = end.day() >= start.day() || (end.month() == 2 && is_month_end(end));
    let reached = end.month() > start.month() || (end.month() == start.month() && day_reached);
    if reached { years } else { years - 1 }
}

fn months(end: NaiveDate, start: NaiveDate) -> i64 {
    let months = i64::from(end.year() - start.year()) * 12 + i64::from(end.month()) - i64::from(start.month());
    if months < 0 {
        return -months_forward(start, end, -months);
    }
    months_forward(end, start, months)
}

/// Whole months of a span that runs forward; the last day of a month counts as reached by any later day.
fn months_forward(end: NaiveDate, start: NaiveDate, months: i64) -> i64 {
    if months == 0 || end.day() >= start.day() || is_month_end(end) { months } else { months - 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn follows_the_examples() {
        for (unit, end, start, difference) in [
            (DateDifference::Years, "2025-02-28", "2024-02-29", 1),
            (DateDifference::Years, "2024-02-29", "2025-02-28", -1),
            (DateDifference::Years, "2020-05-01", "2024-04-30", -3),
            (DateDifference::Years, "2024-03-01", "2022-06-01", 1),
            (DateDifference::Years, "2023-02-28", "2020-02-29", 3),
            (DateDifference::Months, "2024-01-15", "2023-12-20", 0),
            (DateDifference::Months, "2023-12-20", "2024-01-25", -1),
            (DateDifference::Months, "2024-03-31", "2024-02-29", 1),
            (DateDifference::Months, "2024-02-28", "2024-01-31", 0),
            (DateDifference::Days, "2021-01-10", "2020-12-20", 21),
            (DateDifference::Days, "2020-12-20", "2021-01-10", -21),
        ] {
            assert_eq!(unit.between(date(end), date(start)), difference, "{unit:?} {end} {start}");
        }
    }

    proptest! {
        #[test]
        fn turning_a_span_turns_its_sign(left in 1_i32..3_000_000, right in 1_i32..3_000_000) {
            let day = |number| NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for unit in [DateDifference::Years, DateDifference::Months, DateDifference::Days] {
                prop_assert_eq!(unit.between(day(left), day(right)), -unit.between(day(right), day(left)));
            }
        }
    }
}
