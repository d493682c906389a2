//! SQL functions that call the engine's own code, so that results are those of memory (storage.md §11.11). They appear in
//! statements only, never in tables or indexes.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use nightowl_core::value::{Arithmetic, DateDifference, DateFormats, DatePart, DatePattern, Decimal, Movement, Value, ValueError};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

use crate::sql::convert;

/// Registers all functions on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection
        .create_scalar_function("nightowl_cmp", 2, flags, |call| Ok(number(call, 0)?.zip(number(call, 1)?).map(|(left, right)| left.cmp(&right) as i64)))?;
    for (name, arithmetic) in [
        ("nightowl_add", Arithmetic::Add),
        ("nightowl_sub", Arithmetic::Subtract),
        ("nightowl_mul", Arithmetic::Multiply),
        ("nightowl_div", Arithmetic::Divide),
        ("nightowl_mod", Arithmetic::Modulus),
    ] {
        connection.create_scalar_function(name, 2, flags, move |call| {
            let Some((left, right)) = number(call, 0)?.zip(number(call, 1)?) else { return Ok(None) };
            apply(arithmetic, left, right).map(|result| Some(result.to_string()))
        })?;
    }
    for (name, part) in [
        ("nightowl_year", DatePart::Year),
        ("nightowl_half_year", DatePart::HalfYear),
        ("nightowl_quarter", DatePart::Quarter),
        ("nightowl_month", DatePart::Month),
        ("nightowl_week_of_year", DatePart::WeekOfYear),
        ("nightowl_week_of_month", DatePart::WeekOfMonth),
        ("nightowl_day_of_month", DatePart::DayOfMonth),
        ("nightowl_day_of_week", DatePart::DayOfWeek),
    ] {
        connection.create_scalar_function(name, 1, flags, move |call| Ok(moment(call, 0)?.map(|moment| part.of(moment.date()))))?;
    }
    for (name, difference) in
        [("nightowl_year_diff", DateDifference::Years), ("nightowl_month_diff", DateDifference::Months), ("nightowl_day_diff", DateDifference::Days)]
    {
        connection.create_scalar_function(name, 2, flags, move |call| {
            Ok(moment(call, 0)?.zip(moment(call, 1)?).map(|(end, start)| difference.between(end.date(), start.date())))
        })?;
    }
    connection.create_scalar_function("nightowl_move_date", 2, flags, |call| {
        let (Some(start), Some(pattern)) = (date_value(call, 0)?, text(call, 1)?) else { return Ok(None) };
        let movement = Movement::parse(&pattern).map_err(|error| failed(&error.to_string()))?;
        match movement.apply(&start).map_err(|_| failed("a moved date leaves the years 1 to 9999"))? {
            Value::Date(day) => Ok(Some(convert::date_text(day))),
            Value::DateTime(moment) => Ok(Some(convert::date_time_text(moment))),
            _ => Ok(None),
        }
    })?;
    connection.create_scalar_function("nightowl_format_date", 2, flags, |call| {
        Ok(moment(call, 0)?.zip(text(call, 1)?).map(|(moment, pattern)| DatePattern::new(pattern).format(moment)))
    })?;
    connection.create_scalar_function("nightowl_concat", -1, flags, |call| {
        let mut joined = String::new();
        for position in 0..call.len() {
            joined.push_str(&text(call, position)?.unwrap_or_default());
        }
        Ok(joined)
    })?;
    connection.create_aggregate_function("nightowl_sum", 1, flags, Sum)?;
    connection.create_aggregate_function("nightowl_avg", 1, flags, Average)
}

/// The sum of the numbers that are not null; null for none.
struct Sum;

impl Aggregate<Option<Decimal>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<Decimal>> {
        Ok(None)
    }

    fn step(&self, call: &mut Context<'_>, sum: &mut Option<Decimal>) -> Result<()> {
        if let Some(added) = number(call, 0)? {
            *sum = Some(match *sum {
                None => added,
                Some(sum) => apply(Arithmetic::Add, sum, added)?,
            });
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<Decimal>>) -> Result<Option<String>> {
        Ok(sum.flatten().map(|sum| sum.to_string()))
    }
}

/// The mean of the numbers that are not null; null for none.
struct Average;

impl Aggregate<(Option<Decimal>, i64), Option<String>> for Average {
    fn init(&self, _: &mut Context<'_>) -> Result<(Option<Decimal>, i64)> {
        Ok((None, 0))
    }

    fn step(&self, call: &mut Context<'_>, state: &mut (Option<Decimal>, i64)) -> Result<()> {
        state.1 += i64::from(!matches!(call.get_raw(0), ValueRef::Null));
        Sum.step(call, &mut state.0)
    }

    fn finalize(&self, _: &mut Context<'_>, state: Option<(Option<Decimal>, i64)>) -> Result<Option<String>> {
        let Some((Some(sum), count)) = state else { return Ok(None) };
        Ok(Some(apply(Arithmetic::Divide, sum, Decimal::from(count))?.to_string()))
    }
}

/// One step of arithmetic.
fn apply(arithmetic: Arithmetic, left: Decimal, right: Decimal) -> Result<Decimal> {
    arithmetic.apply(left, right).map_err(|error| match error {
        ValueError::DivisionByZero => failed("division by zero"),
        _ => failed("a result has more than 38 digits"),
    })
}

/// An argument as an exact number.
fn number(call: &Context<'_>, position: usize) -> Result<Option<Decimal>> {
    match call.get_raw(position) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(Decimal::from(number))),
        other => other.as_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(|| failed("a value is not a number")),
    }
}

/// An argument as a text; integers by their digits.
fn text(call: &Context<'_>, position: usize) -> Result<Option<String>> {
    match call.get_raw(position) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(number.to_string())),
        other => other.as_str().map(|text| Some(text.to_owned())).map_err(|_| failed("a value is not a text")),
    }
}

/// An argument as a day or a moment, by its stored form or, in a text column, by the default formats of values.md §7.1.
fn date_value(call: &Context<'_>, position: usize) -> Result<Option<Value>> {
    let Some(text) = text(call, position)? else { return Ok(None) };
    let found = convert::read_date(&text)
        .map(Value::Date)
        .or_else(|| convert::read_date_time(&text).or_else(|| DateFormats::default().parse_date(&text)).map(Value::DateTime));
    found.map(Some).ok_or_else(|| failed("a value is not a date"))
}

/// An argument as a moment; a day is its midnight.
fn moment(call: &Context<'_>, position: usize) -> Result<Option<NaiveDateTime>> {
    Ok(match date_value(call, position)? {
        Some(Value::Date(day)) => Some(midnight(day)),
        Some(Value::DateTime(moment)) => Some(moment),
        _ => None,
    })
}

const fn midnight(day: NaiveDate) -> NaiveDateTime {
    NaiveDateTime::new(day, NaiveTime::MIN)
}

/// How the text of a function's error begins, so that it is told from SQLite's own.
pub(super) const FAILED: &str = "nightowl function: ";

/// An error of a function; its text never holds a value.
fn failed(reason: &str) -> Error {
    Error::UserFunctionError(format!("{FAILED}{reason}").into())
}
