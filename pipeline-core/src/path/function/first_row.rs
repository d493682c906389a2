//! `&firstRow(key[:asc|:desc], …)`: the first object of a list in an order (values.md §2.4).

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime};

use super::super::grammar::{Call, Piece};
use crate::value::{DateFormats, Decimal, Object, Value, ValueError};

/// The keys by which the first row is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRow {
    keys: Vec<SortKey>,
}

/// One key: a path through objects, and a direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SortKey {
    path: Vec<Arc<str>>,
    direction: Direction,
}

/// In which direction rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
    /// A warning when it is compiled, an error when it is evaluated on rows (decisions).
    Unknown(Arc<str>),
}

/// What a key gives in one row. The order of the variants does not matter: kinds do not mix.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Rank {
    Number(Decimal),
    Moment(NaiveDateTime),
    Text(Arc<str>),
}

impl FirstRow {
    /// Reads the keys. They matter on rows only, so what is wrong with them is told when it is applied to some.
    pub(super) fn parse(call: Call<'_>) -> Self {
        Self { keys: call.parameters().into_iter().map(SortKey::parse).collect() }
    }

    /// What is wrong with the keys themselves: there is none, or a blank one.
    pub fn bad_keys(&self) -> Option<&'static str> {
        if self.keys.is_empty() {
            return Some("has no key");
        }
        self.keys.iter().any(SortKey::is_blank).then_some("has a blank key")
    }

    /// The directions that are neither `asc` nor `desc`.
    pub fn unknown_directions(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(|key| match &key.direction {
            Direction::Unknown(text) => Some(&**text),
            _ => None,
        })
    }

    /// The first row; null where the value is no list of objects, or an empty one.
    pub(super) fn apply(&self, value: &Value, dates: &DateFormats) -> Result<Value, ValueError> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else { return Ok(Value::Null) };
        self.check()?;
        let rows: Option<Vec<&Object>> = items.iter().map(Value::as_object).collect();
        let Some(rows) = rows else { return Ok(Value::Null) };
        // Most significant key first: only the rows that tie on it go on to the next. Every row is ranked by every key,
        // so that a value without order is an error wherever it stands.
        let mut leading: Vec<usize> = (0..rows.len()).collect();
        for key in &self.keys {
            let descending = key.direction == Direction::Descending;
            let ranks = rows.iter().map(|row| key.rank(row, dates)).collect::<Result<Vec<_>, _>>()?;
            one_kind(&ranks)?;
            let best = leading.iter().filter_map(|place| ranks.get(*place)?.as_ref()).reduce(|best, rank| {
                let wanted = if descending { Ordering::Greater } else { Ordering::Less };
                if rank.partial_cmp(best) == Some(wanted) { rank } else { best }
            });
            // Null is last in both directions, so it leads only where all are null.
            leading.retain(|place| ranks.get(*place).is_some_and(|rank| rank.as_ref() == best));
        }
        let first = leading.first().and_then(|place| rows.get(*place));
        Ok(first.map_or(Value::Null, |row| Value::Object((*row).clone())))
    }

    /// Refuses missing and blank keys, and directions that are none.
    fn check(&self) -> Result<(), ValueError> {
        let direction = || self.unknown_directions().next().map(|text| format!("direction \"{text}\" is neither asc nor desc"));
        match self.bad_keys().map(str::to_owned).or_else(direction) {
            None => Ok(()),
            Some(reason) => Err(ValueError::FunctionArgument { function: "&firstRow", reason: reason.into() }),
        }
    }
}

/// The call as it is written, without blanks; ascending keys say so only where they have to.
impl fmt::Display for FirstRow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("&firstRow(")?;
        for (index, key) in self.keys.iter().enumerate() {
            let path = key.path.join(".");
            let colon = path.contains(':');
            out.write_str(if index > 0 { "," } else { "" })?;
            out.write_str(&path)?;
            match &key.direction {
                Direction::Ascending if colon => out.write_str(":asc")?,
                Direction::Ascending => {}
                Direction::Descending => out.write_str(":desc")?,
                Direction::Unknown(text) => write!(out, ":{text}")?,
            }
        }
        out.write_str(")")
    }
}

/// Refuses ranks of different kinds.
fn one_kind(ranks: &[Option<Rank>]) -> Result<(), ValueError> {
    let mut known = ranks.iter().flatten();
    let Some(first) = known.next() else { return Ok(()) };
    match known.find(|rank| std::mem::discriminant(*rank) != std::mem::discriminant(first)) {
        None => Ok(()),
        Some(other) => Err(ValueError::not_comparable(&first.to_value(), &other.to_value())),
    }
}

impl SortKey {
    /// Reads `path` or `path:direction`; the direction follows the last colon.
    fn parse(parameter: Piece<'_>) -> Self {
        let (path, direction) = match parameter.text.rsplit_once(':') {
            None => (parameter.text, Direction::Ascending),
            Some((path, direction)) => match direction.trim() {
                text if text.eq_ignore_ascii_case("asc") => (path, Direction::Ascending),
                text if text.eq_ignore_ascii_case("desc") => (path, Direction::Descending),
                text => (path, Direction::Unknown(text.into())),
            },
        };
        Self { path: path.trim().split('.').map(Arc::from).collect(), direction }
    }

    fn is_blank(&self) -> bool {
        matches!(self.path.as_slice(), [name] if name.is_empty())
    }

    /// The rank of a row; `None` for null, which is last.
    fn rank(&self, row: &Object, dates: &DateFormats) -> Result<Option<Rank>, ValueError> {
        let mut names = self.path.iter();
        let mut value = names.next().and_then(|name| row.get(name));
        for name in names {
            value = value.and_then(Value::as_object).and_then(|object| object.get(name));
        }
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(Some(Rank::Number(*number))),
            Some(Value::DateTime(moment)) => Ok(Some(Rank::Moment(*moment))),
            Some(Value::Date(date)) => Ok(Some(Rank::Moment(date.and_time(NaiveTime::MIN)))),
            Some(Value::Text(text)) => Ok(rank_of_text(text, dates)),
            Some(other) => Err(super::wrong_input("&firstRow", other, "keys that are numbers, dates or texts")),
        }
    }
}

/// A text as a number, a moment that is not midnight, a day, or itself; a blank one is null.
fn rank_of_text(text: &Arc<str>, dates: &DateFormats) -> Option<Rank> {
    if text.trim().is_empty() {
        return None;
    }
    if let Ok(number) = text.parse() {
        return Some(Rank::Number(number));
    }
    let moment = dates.parse_datetime(text).filter(|moment| moment.time() != NaiveTime::MIN);
    let moment = moment.or_else(|| dates.parse_day(text).map(|date| date.and_time(NaiveTime::MIN)));
    Some(moment.map_or_else(|| Rank::Text(Arc::clone(text)), Rank::Moment))
}

impl Rank {
    fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Moment(moment) => Value::DateTime(*moment),
            Self::Text(text) => Value::Text(Arc::clone(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::grammar::call;
    use super::*;
    use crate::value::read_json;

    fn first(keys: &str, rows: &str) -> Result<Value, ValueError> {
        let text = format!("&firstRow({keys})");
        let first_row = FirstRow::parse(call(Piece::whole(&text)).unwrap());
        let row = first_row.apply(&read_json(rows, 10).unwrap(), &DateFormats::default())?;
        Ok(row.as_object().and_then(|row| row.get("k")).cloned().unwrap_or_default())
    }

    #[test]
    fn ties_go_on_to_the_next_key_and_stay_in_order() {
        let rows = r#"[{"k":1,"a":2,"b":"x"},{"k":2,"a":1,"b":"y"},{"k":3,"a":"1.0","b":"z"},{"k":4,"b":"a"}]"#;
        assert_eq!(first("a", rows), Ok(2.into()));
        assert_eq!(first("a, b : DESC", rows), Ok(3.into()));
        assert_eq!(first("a:desc", rows), Ok(1.into()));
        assert_eq!(first("missing", rows), Ok(1.into()));
        assert_eq!(first("missing, b", rows), Ok(4.into()));
    }

    #[test]
    fn keys_go_through_objects_only() {
        // Digits alone are a number, which has no order with a date.
        assert!(first("o.d:desc", r#"[{"k":1,"o":{"d":"2024-01-02"}},{"k":2,"o":{"d":"20240103"}}]"#).is_err());
        assert_eq!(first("o.d:desc", r#"[{"k":1,"o":{"d":"2024-01-02"}},{"k":2,"o":{"d":"2024-01-03"}},{"k":3,"o":[]}]"#), Ok(2.into()));
    }

    #[test]
    fn what_has_no_order_is_an_error() {
        assert!(first("a", r#"[{"a":1},{"a":"x"}]"#).is_err());
        assert!(first("a", r#"[{"a":true}]"#).is_err());
        assert!(first("b,a", r#"[{"b":1,"a":true},{"b":2}]"#).is_err());
        assert!(first("a:down", r#"[{"a":1}]"#).is_err());
        for keys in ["a:down", "", "a,", ":desc"] {
            assert_eq!(first(keys, "[]"), Ok(Value::Null));
            assert_eq!(first(keys, "5"), Ok(Value::Null));
            assert!(first(keys, "[1]").is_err(), "{keys}");
        }
        assert_eq!(first("a", "[1]"), Ok(Value::Null));
    }
}
