//! `&min` and `&max` with their typed forms (values.md §2.6, §2.8, V-26).

use std::fmt;

use chrono::{NaiveDateTime, NaiveTime};

use super::wrong_input;
use crate::model::FactorType;
use crate::value::{DateFormats, Decimal, Value, ValueError, cast};

/// Which kind every element has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtremumKind {
    /// The first element decides: numbers, dates with moments, or times.
    Any,
    /// Numbers.
    Number,
    /// Days.
    Date,
    /// Moments.
    DateTime,
    /// Times of day.
    Time,
}

/// The smallest or largest element of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extremum {
    largest: bool,
    kind: ExtremumKind,
}

/// An element in one of the families that have an order.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Element {
    Number(Decimal),
    Moment(NaiveDateTime),
    Time(NaiveTime),
}

/// The name of the function.
impl fmt::Display for Extremum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ExtremumKind::Any => "",
            ExtremumKind::Number => "Num",
            ExtremumKind::Date => "Date",
            ExtremumKind::DateTime => "Datetime",
            ExtremumKind::Time => "Time",
        };
        write!(out, "{}{kind}", self.name())
    }
}

impl Extremum {
    /// The function of a name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let (largest, kind) = match (name.strip_prefix("&min"), name.strip_prefix("&max")) {
            (Some(kind), _) => (false, kind),
            (_, Some(kind)) => (true, kind),
            _ => return None,
        };
        let kind = match kind {
            "" => ExtremumKind::Any,
            "Num" => ExtremumKind::Number,
            "Date" => ExtremumKind::Date,
            "Datetime" | "Dt" => ExtremumKind::DateTime,
            "Time" => ExtremumKind::Time,
            _ => return None,
        };
        Some(Self { largest, kind })
    }

    const fn name(self) -> &'static str {
        if self.largest { "&max" } else { "&min" }
    }

    /// The extremum of a list. Null and `""` make the smallest null and do not count for the largest.
    pub(super) fn apply(self, value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
        let items = value.as_array().ok_or_else(|| wrong_input(self.name(), value, "an array"))?;
        let mut best: Option<Element> = None;
        let mut any_date = self.kind == ExtremumKind::Date;
        for item in items {
            if item.is_null() || item.as_text() == Some("") {
                if self.largest {
                    continue;
                }
                return Ok(Value::Null);
            }
            let (element, is_date) = self.element(item, dates)?;
            any_date |= is_date;
            best = Some(match best {
                None => element,
                Some(best) => self.better(best, element).ok_or_else(|| ValueError::not_comparable(&best.into_value(any_date), item))?,
            });
        }
        Ok(best.map_or(Value::Null, |best| best.into_value(any_date)))
    }

    /// The better of two elements; `None` where they belong to different families.
    fn better(self, best: Element, element: Element) -> Option<Element> {
        if std::mem::discriminant(&best) != std::mem::discriminant(&element) {
            return None;
        }
        let replaces = if self.largest { element > best } else { element < best };
        Some(if replaces { element } else { best })
    }

    /// An element, and whether it is a date without time of day.
    fn element(self, item: &Value, dates: &DateFormats) -> Result<(Element, bool), ValueError> {
        let typed = match self.kind {
            ExtremumKind::Any => return free_element(item, dates).ok_or_else(|| wrong_input(self.name(), item, "numbers, dates or times")),
            ExtremumKind::Number => FactorType::Number,
            ExtremumKind::Date => FactorType::Date,
            ExtremumKind::DateTime => FactorType::DateTime,
            ExtremumKind::Time => FactorType::Time,
        };
        let converted = cast(item.clone(), typed, dates)?;
        plain_element(&converted).ok_or_else(|| wrong_input(self.name(), item, "numbers, dates or times"))
    }
}

impl Element {
    /// The value; a moment is reduced to its date where any date was met.
    fn into_value(self, as_date: bool) -> Value {
        match self {
            Self::Number(number) => Value::Number(number),
            Self::Moment(moment) if as_date => Value::Date(moment.date()),
            Self::Moment(moment) => Value::DateTime(moment),
            Self::Time(time) => Value::Time(time),
        }
    }
}

/// An element that has its kind already.
fn plain_element(item: &Value) -> Option<(Element, bool)> {
    match item {
        Value::Number(number) => Some((Element::Number(*number), false)),
        Value::Boolean(flag) => Some((Element::Number(if *flag { Decimal::ONE } else { Decimal::ZERO }), false)),
        Value::DateTime(moment) => Some((Element::Moment(*moment), false)),
        Value::Date(date) => Some((Element::Moment(date.and_time(NaiveTime::MIN)), true)),
        Value::Time(time) => Some((Element::Time(*time), false)),
        _ => None,
    }
}

/// An element of any family; texts are numbers, moments, dates or times, whichever fits first.
fn free_element(item: &Value, dates: &DateFormats) -> Option<(Element, bool)> {
    let Value::Text(text) = item else { return plain_element(item) };
    if let Ok(number) = text.parse() {
        return Some((Element::Number(number), false));
    }
    if let Some(moment) = dates.parse_datetime(text) {
        return Some((Element::Moment(moment), false));
    }
    if let Some(date) = dates.parse_day(text) {
        return Some((Element::Moment(date.and_time(NaiveTime::MIN)), true));
    }
    dates.parse_time(text).map(|time| (Element::Time(time), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(name: &str, items: &[&str]) -> Result<Value, ValueError> {
        let items = items.iter().map(|item| Value::from(*item)).collect();
        Extremum::of_name(name).unwrap().apply(&Value::array(items), &DateFormats::default())
    }

    #[test]
    fn typed_forms_convert_every_element() {
        assert_eq!(applied("&maxNum", &["1", "10", "9"]), Ok(10.into()));
        assert!(applied("&maxNum", &["1", "2024-01-02"]).is_err());
        assert_eq!(applied("&minDate", &["2024-01-02 10:00", "20240103"]), Ok(Value::Date("2024-01-02".parse().unwrap())));
        assert_eq!(applied("&maxDt", &["2024-01-02 10:00", "2024-01-02"]), Ok(Value::DateTime("2024-01-02T10:00:00".parse().unwrap())));
        assert_eq!(applied("&minTime", &["10:20", "09:00"]), Ok(Value::Time("09:00:00".parse().unwrap())));
        assert!(Extremum::of_name("&minimum").is_none());
    }

    #[test]
    fn families_do_not_mix() {
        assert!(applied("&max", &["1", "10:20:30"]).is_err());
        assert!(applied("&max", &["2024-01-02", "10:20:30"]).is_err());
        assert_eq!(applied("&min", &["", "x"]), Ok(Value::Null));
    }
}
