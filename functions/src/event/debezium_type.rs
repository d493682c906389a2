//! How Debezium writes the columns of databases in JSON, and the values that they stand for (surface.md §15.2.10).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use nightowl_core::value::{Decimal, Object, Value};

use super::fields::{maybe_object, maybe_scalar, maybe_text};
use super::text::base64;

/// What stands for a value that the log of the database did not carry, as text and as bytes.
const UNTOLD: &str = "__debezium_unavailable_value";
const UNTOLD_BYTES: &str = "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==";

/// Whether a value is none: the column stays as it is.
pub(super) fn is_untold(value: &Value) -> bool {
    matches!(value, Value::Text(text) if &**text == UNTOLD || &**text == UNTOLD_BYTES)
}

/// How a column is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    /// Bytes of the two's complement, big-endian, in base64; digits after the point.
    Decimal(u32),
    /// `{scale, value}`.
    VariableScaleDecimal,
    /// Days since 1970-01-01.
    Date,
    /// Time of day in units of so many nanoseconds.
    Time(i64),
    /// A moment without zone in units of so many nanoseconds.
    Timestamp(i64),
}

const MILLISECOND: i64 = 1_000_000;
const MICROSECOND: i64 = 1_000;
const NANOSECOND: i64 = 1;

impl ColumnType {
    /// The type of a name, with or without its package: `io.debezium.time.MicroTimestamp`, `Decimal(2)`. `None` for those
    /// whose values are taken as they are written.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, scale) = text.trim().strip_suffix(')').and_then(|text| text.split_once('(')).unwrap_or_else(|| (text.trim(), ""));
        Some(match name.rsplit('.').next()? {
            "Decimal" => Self::Decimal(scale.trim().parse().unwrap_or(0)),
            "VariableScaleDecimal" => Self::VariableScaleDecimal,
            "Date" => Self::Date,
            "Time" => Self::Time(MILLISECOND),
            "MicroTime" => Self::Time(MICROSECOND),
            "NanoTime" => Self::Time(NANOSECOND),
            "Timestamp" => Self::Timestamp(MILLISECOND),
            "MicroTimestamp" => Self::Timestamp(MICROSECOND),
            "NanoTimestamp" => Self::Timestamp(NANOSECOND),
            _ => return None,
        })
    }

    /// Types whose values are taken as they are written.
    const PLAIN: [&str; 18] = [
        "ZonedTimestamp",
        "ZonedTime",
        "IsoDate",
        "IsoTime",
        "IsoTimestamp",
        "MicroDuration",
        "Interval",
        "Json",
        "Xml",
        "Uuid",
        "Enum",
        "EnumSet",
        "Ltree",
        "Bytes",
        "Bits",
        "Geometry",
        "Geography",
        "Point",
    ];

    /// Whether a route may name the type.
    pub(super) fn is_known(text: &str) -> bool {
        let name = text.split('(').next().unwrap_or_default();
        Self::parse(text).is_some() || Self::PLAIN.contains(&name.rsplit('.').next().unwrap_or_default())
    }

    fn value(self, value: &Value) -> Result<Value, String> {
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            // written as text or as a number, by the connector's own settings
            (Self::Decimal(_) | Self::VariableScaleDecimal, Value::Number(_) | Value::Literal(_)) => Ok(value.clone()),
            (Self::Decimal(scale), Value::Text(text)) => decimal(text, scale),
            (Self::VariableScaleDecimal, Value::Object(parts)) => {
                let scale = maybe_scalar(parts, "scale").and_then(|scale| scale.parse().ok()).ok_or("it has no scale")?;
                decimal(maybe_text(parts, "value").unwrap_or_default(), scale)
            }
            (Self::Date, Value::Number(days)) => {
                let days = days.to_i64().and_then(TimeDelta::try_days).ok_or("it is no number of days")?;
                let day = NaiveDate::default().checked_add_signed(days).ok_or("it is no day that there is")?;
                Ok(Value::from(day.to_string()))
            }
            (Self::Time(unit), Value::Number(count)) => time(count, unit),
            (Self::Timestamp(unit), Value::Number(count)) => moment(count, unit),
            (_, Value::Text(_)) => Ok(value.clone()),
            _ => Err(format!("it is {}, which its type is not written as", value.kind())),
        }
    }
}

/// How the columns of a table are written.
#[derive(Debug, Default)]
pub(super) struct Columns(BTreeMap<String, ColumnType>);

impl Columns {
    /// The types of the schema part where there is one, else those of a route.
    pub(super) fn of(schema: Option<&Object>, of_route: Option<&BTreeMap<String, String>>) -> Self {
        let mut columns = BTreeMap::new();
        match schema {
            Some(schema) => {
                let images = fields(schema).filter(|field| matches!(maybe_text(field, "field"), Some("before" | "after")));
                for field in images.flat_map(fields) {
                    let named = maybe_text(field, "field").zip(maybe_text(field, "name").and_then(ColumnType::parse));
                    // text stays text, whatever it stands for
                    if let Some((name, kind)) = named.filter(|_| maybe_text(field, "type") != Some("string")) {
                        let scale =
                            maybe_object(field, "parameters").and_then(|parameters| maybe_scalar(parameters, "scale")).and_then(|scale| scale.parse().ok());
                        let kind = if let (ColumnType::Decimal(_), Some(scale)) = (kind, scale) { ColumnType::Decimal(scale) } else { kind };
                        columns.insert(name.to_owned(), kind);
                    }
                }
            }
            None => {
                for (name, kind) in of_route.into_iter().flatten() {
                    columns.extend(ColumnType::parse(kind).map(|kind| (name.clone(), kind)));
                }
            }
        }
        Self(columns)
    }

    /// The value that stands in a column.
    pub(super) fn value(&self, name: &str, value: &Value) -> Result<Value, String> {
        self.0.get(name).map_or_else(|| Ok(value.clone()), |kind| kind.value(value))
    }
}

/// The fields of a schema that are described themselves.
fn fields(schema: &Object) -> impl Iterator<Item = &Object> {
    schema.get("fields").and_then(Value::as_array).unwrap_or_default().iter().filter_map(Value::as_object)
}

/// A decimal from the bytes of its two's complement.
fn decimal(text: &str, scale: u32) -> Result<Value, String> {
    let bytes = base64(text).filter(|bytes| !bytes.is_empty()).ok_or("it is no base64 of a decimal")?;
    if bytes.len() > size_of::<i128>() {
        return Err("it has more than 38 digits".to_owned());
    }
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let coefficient = bytes.iter().fold(if negative { -1_i128 } else { 0 }, |number, byte| (number << 8) | i128::from(*byte));
    Decimal::new(coefficient, scale).map(Value::Number).map_err(|error| error.to_string())
}

fn nanoseconds(count: &Decimal, unit: i64) -> Option<TimeDelta> {
    let nanoseconds = i128::from(count.to_i64()?) * i128::from(unit);
    let (seconds, rest) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    TimeDelta::new(i64::try_from(seconds).ok()?, u32::try_from(rest).ok()?)
}

fn time(count: &Decimal, unit: i64) -> Result<Value, String> {
    let since_midnight = nanoseconds(count, unit).filter(|time| *time >= TimeDelta::zero() && *time < TimeDelta::days(1)).ok_or("it is no time of a day")?;
    let (time, _) = NaiveTime::MIN.overflowing_add_signed(since_midnight);
    Ok(Value::from(time.format("%H:%M:%S%.f").to_string()))
}

fn moment(count: &Decimal, unit: i64) -> Result<Value, String> {
    let moment =
        nanoseconds(count, unit).and_then(|since| DateTime::UNIX_EPOCH.naive_utc().checked_add_signed(since)).ok_or("it is no moment that there is")?;
    Ok(Value::from(moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()))
}

#[cfg(test)]
mod tests {
    use nightowl_core::value::{JsonStyle, json_text, read_json};

    use super::*;

    #[test]
    fn each_encoding_gives_its_value() {
        let cases = [
            ("org.apache.kafka.connect.data.Decimal(2)", r#""AeJA""#, "1234.56"),
            ("Decimal(2)", r#""/4U=""#, "-1.23"),
            ("VariableScaleDecimal", r#"{"scale":1,"value":"AeJA"}"#, "12345.6"),
            ("Decimal(2)", "12.30", "12.30"),
            ("io.debezium.time.Date", "19737", r#""2024-01-15""#),
            ("org.apache.kafka.connect.data.Date", "-1", r#""1969-12-31""#),
            ("Time", "3723004", r#""01:02:03.004""#),
            ("MicroTime", "3723000004", r#""01:02:03.000004""#),
            ("Timestamp", "1705312923004", r#""2024-01-15T10:02:03.004""#),
            ("MicroTimestamp", "1705312923000000", r#""2024-01-15T10:02:03""#),
            ("NanoTimestamp", "1705312923000000001", r#""2024-01-15T10:02:03.000000001""#),
            ("MicroTimestamp", "null", "null"),
        ];
        for (kind, written, expected) in cases {
            let value = ColumnType::parse(kind).unwrap().value(&read_json(written, 3).unwrap());
            assert_eq!(value.map(|value| json_text(&value, JsonStyle::Document)), Ok(expected.to_owned()), "{kind} {written}");
        }
        for (kind, written) in [("Date", "9223372036854775807"), ("Time", "86400000"), ("Time", "-1"), ("Decimal(2)", r#""""#), ("Date", "{}")] {
            assert!(ColumnType::parse(kind).unwrap().value(&read_json(written, 3).unwrap()).is_err(), "{kind} {written}");
        }
        assert!(ColumnType::is_known("io.debezium.data.Uuid") && !ColumnType::is_known("Dezimal"));
    }
}
