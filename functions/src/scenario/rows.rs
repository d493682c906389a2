//! Rows of topics compared: as a set where every row counts as often as it is there.

use serde_json::{Map, Value as Json};

use super::difference::{Differences, keys, member};
use super::normalise::Normaliser;

/// A row in its normal form, its index in the list that it comes from, and its JSON text with sorted keys.
struct Row {
    index: usize,
    json: Json,
    text: String,
}

/// Compares the rows of all topics.
pub(super) fn compare(differences: &mut Differences, expected: &Map<String, Json>, actual: &Map<String, Json>, normaliser: &Normaliser) {
    for topic in keys(expected, actual) {
        let path = member("topics", topic);
        match (rows_of(expected, topic), rows_of(actual, topic)) {
            (Some(expected), Some(actual)) => {
                let expected = rows(topic, expected, normaliser);
                compare_rows(differences, &path, expected, rows(topic, actual, normaliser));
            }
            // A synonym has no table of its own, so a recording may leave it out.
            (None, Some([])) => {}
            _ => differences.add(path, expected.get(topic), actual.get(topic)),
        }
    }
}

fn rows_of<'a>(topics: &'a Map<String, Json>, topic: &str) -> Option<&'a [Json]> {
    topics.get(topic).and_then(Json::as_array).map(Vec::as_slice)
}

fn rows(topic: &str, rows: &[Json], normaliser: &Normaliser) -> Vec<Row> {
    let normal = rows.iter().enumerate().map(|(index, row)| {
        let json = normaliser.row(topic, row);
        let text = sorted_text(&json);
        Row { index, json, text }
    });
    let mut normal: Vec<Row> = normal.collect();
    normal.sort_by(|one, other| one.text.cmp(&other.text));
    normal
}

fn compare_rows(differences: &mut Differences, path: &str, expected: Vec<Row>, mut actual: Vec<Row>) {
    let mut missing = Vec::new();
    for row in expected {
        match actual.iter().position(|other| other.text == row.text) {
            Some(same) => drop(actual.remove(same)),
            None => missing.push(row),
        }
    }
    let only_one = missing.len() == 1 && actual.len() == 1;
    for row in missing {
        let path = format!("{path}[{}]", row.index);
        match nearest(&row, &actual).or_else(|| only_one.then_some(0)) {
            Some(near) => {
                let near = actual.remove(near);
                differences.compare(&path, Some(&row.json), Some(&near.json));
            }
            None => differences.add(path, Some(&row.json), None),
        }
    }
    for row in actual {
        differences.add(format!("{path}[more]"), None, Some(&row.json));
    }
}

/// The row that differs in the fewest columns; none when no column that says something is the same.
fn nearest(row: &Row, others: &[Row]) -> Option<usize> {
    let near = others.iter().enumerate().map(|(index, other)| (common(&row.json, &other.json), index));
    let (common, index) = near.max_by_key(|(common, index)| (*common, usize::MAX - index))?;
    (common > 0).then_some(index)
}

/// How many members two rows have in common, those of their documents (`data_`) included; null says nothing.
fn common(one: &Json, other: &Json) -> usize {
    let (Json::Object(one), Json::Object(other)) = (one, other) else {
        return 0;
    };
    let members = one.iter().filter_map(|(key, value)| other.get(key).map(|other| (value, other)));
    let counts = members.map(|(value, other)| match (value, other) {
        (Json::Object(_), Json::Object(_)) => common(value, other),
        (Json::Null, _) => 0,
        _ => usize::from(value == other),
    });
    counts.sum()
}

/// The JSON text with sorted keys.
fn sorted_text(json: &Json) -> String {
    fn write(json: &Json, out: &mut String) {
        match json {
            Json::Object(members) => {
                let mut keys: Vec<&String> = members.keys().collect();
                keys.sort_unstable();
                out.push('{');
                for key in keys {
                    out.push_str(&Json::String(key.clone()).to_string());
                    out.push(':');
                    write(members.get(key).unwrap_or(&Json::Null), out);
                    out.push(',');
                }
                out.push('}');
            }
            Json::Array(items) => {
                out.push('[');
                for item in items {
                    write(item, out);
                    out.push(',');
                }
                out.push(']');
            }
            scalar => out.push_str(&scalar.to_string()),
        }
    }
    let mut text = String::new();
    write(json, &mut text);
    text
}
