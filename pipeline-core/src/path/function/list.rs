//! Functions of lists: `&join`, `&distinct` (values.md §2.4, V-30).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::super::error::Fault;
use super::super::grammar::Call;
use super::{at_most, wrong_input};
use crate::value::{Value, ValueError, text_form};

/// Reads the separator of `&join`; a comma when none is given.
pub(super) fn parse_join(call: Call<'_>) -> Result<Arc<str>, Fault> {
    let parameters = call.parameters();
    at_most(call, &parameters, 1)?;
    Ok(parameters.first().map_or(",", |separator| separator.text).into())
}

/// A text as it is; the texts of a list with a separator between them, null as empty text.
pub(super) fn join(value: &Value, separator: &str) -> Result<Value, ValueError> {
    match value {
        Value::Text(_) => Ok(value.clone()),
        Value::Array(items) => {
            let mut joined = String::new();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    joined.push_str(separator);
                }
                joined.push_str(&text_form(item));
            }
            Ok(Value::from(joined))
        }
        other => Err(wrong_input("&join", other, "a text or an array")),
    }
}

/// The elements without repetition, each at its first place. A text is a list of itself.
pub(super) fn distinct(value: &Value) -> Result<Value, ValueError> {
    match value {
        Value::Text(_) => Ok(Value::array(vec![value.clone()])),
        Value::Array(items) => {
            let mut kept: Vec<Value> = Vec::with_capacity(items.len());
            let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(items.len());
            for item in items.iter() {
                let same_hash = places.entry(hash_of(item)).or_default();
                if !same_hash.iter().any(|place| kept.get(*place) == Some(item)) {
                    same_hash.push(kept.len());
                    kept.push(item.clone());
                }
            }
            Ok(Value::array(kept))
        }
        other => Err(wrong_input("&distinct", other, "a text or an array")),
    }
}

/// A hash that equal values share: numbers by value, objects whatever the order of their keys.
fn hash_of(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(value).hash(&mut hasher);
    match value {
        Value::Null => {}
        Value::Boolean(flag) => flag.hash(&mut hasher),
        Value::Number(number) => number.hash(&mut hasher),
        Value::Literal(text) | Value::Text(text) => text.hash(&mut hasher),
        Value::Date(date) => date.hash(&mut hasher),
        Value::DateTime(moment) => moment.hash(&mut hasher),
        Value::Time(time) => time.hash(&mut hasher),
        Value::Array(items) => items.iter().for_each(|item| hash_of(item).hash(&mut hasher)),
        Value::Object(object) => {
            let members = object.iter().map(|(name, member)| {
                let mut hasher = DefaultHasher::new();
                (name, hash_of(member)).hash(&mut hasher);
                hasher.finish()
            });
            members.fold(0_u64, u64::wrapping_add).hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Object, read_json};

    #[test]
    fn equal_kind_and_value_is_the_same() {
        let items = read_json(r#"[1, 1.0, true, "1", {"a":1,"b":[2]}, {"b":[2.0],"a":1}, null, null, [1], [1.0]]"#, 10).unwrap();
        let distinct = distinct(&items).unwrap();
        assert_eq!(distinct, read_json(r#"[1, true, "1", {"a":1,"b":[2]}, null, [1]]"#, 10).unwrap());
    }

    #[test]
    fn null_joins_as_nothing() {
        let object: Object = [("a", Value::from(1))].into_iter().collect();
        let items = Value::array(vec![1.into(), Value::Null, true.into(), Value::Object(object)]);
        assert_eq!(join(&items, "; "), Ok("1; ; true; {\"a\":1}".into()));
        assert!(join(&1.into(), ",").is_err());
    }
}
