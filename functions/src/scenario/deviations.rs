//! Lists of deviations: where our rules ask for something else than the recording (scenarios/README.md, "Deviations").

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::error::ScenarioError;
use super::shape::{Members, kind, read_json_file, shape};

/// The key of the value that says that a node must not be there.
const ABSENT: &str = "$absent";

/// One or several lists of deviations.
#[derive(Debug, Clone, Default)]
pub struct Deviations {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    scenario: String,
    at: String,
    value: Json,
}

/// What an entry does to the node it points at.
enum Change {
    Replace,
    Remove,
    Append,
}

impl Deviations {
    /// Reads and checks a list.
    ///
    /// # Errors
    /// The file can not be read, is no JSON, or is no list of deviations.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        Self::from_json(file, &read_json_file(file)?)
    }

    /// Checks a document; `file` is for messages.
    ///
    /// # Errors
    /// [`ScenarioError::Shape`] with the place of the first mistake.
    pub fn from_json(file: &Path, json: &Json) -> Result<Self, ScenarioError> {
        let Json::Array(items) = json else {
            return Err(shape(file, "", format!("a list is needed, not {}", kind(json))));
        };
        let entries = items.iter().enumerate().map(|(index, item)| {
            let at = format!("[{index}]");
            let members = Members::of(file, &at, item, &["scenario", "at", "rule", "value", "why"])?;
            members.text("rule")?;
            members.text("why")?;
            let pointer = members.text("at")?;
            if !pointer.starts_with('/') {
                return Err(members.wrong("at", "a JSON pointer begins with /"));
            }
            Ok(Entry { scenario: members.text("scenario")?.to_owned(), at: pointer.to_owned(), value: members.required("value")?.clone() })
        });
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// Adds another list; its entries come after those of this one.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// The names of the scenarios that the list speaks of, each once.
    pub fn scenarios(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.entries.iter().map(|entry| entry.scenario.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What a scenario's `expect` is by our rules. Pointers count in `expect` as it is given; the order of the entries
    /// matters for appends to one list only.
    ///
    /// # Errors
    /// [`ScenarioError::Deviation`] when a pointer does not resolve, or lies at or below another one of the same scenario.
    pub fn apply(&self, scenario: &str, expect: &Json) -> Result<Json, ScenarioError> {
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| entry.scenario == scenario).collect();
        refuse_overlaps(&entries)?;
        let mut changed = expect.clone();
        for entry in entries.iter().filter(|entry| matches!(entry.change(), Change::Replace)) {
            entry.replace_in(&mut changed)?;
        }
        // at the end of a list, where no index of the recording moves
        for entry in entries.iter().filter(|entry| matches!(entry.change(), Change::Append)) {
            let list = entry.at.strip_suffix("/-").unwrap_or_default();
            let list = changed.pointer_mut(list).and_then(Json::as_array_mut).ok_or_else(|| entry.wrong("no list is there"))?;
            list.push(entry.value.clone());
        }
        let mut removals: Vec<(Vec<String>, &Entry)> =
            entries.iter().filter(|entry| matches!(entry.change(), Change::Remove)).map(|entry| (tokens(&entry.at), *entry)).collect();
        // from the end of each list to its beginning, so that the indices of the recording stay right
        removals.sort_by(|(one, _), (other, _)| by_position(other, one));
        for (_, entry) in removals {
            entry.remove_from(&mut changed)?;
        }
        Ok(changed)
    }
}

impl Entry {
    fn change(&self) -> Change {
        if self.value.as_object().is_some_and(is_absent) {
            Change::Remove
        } else if self.at.ends_with("/-") {
            Change::Append
        } else {
            Change::Replace
        }
    }

    fn wrong(&self, reason: impl Into<String>) -> ScenarioError {
        ScenarioError::Deviation { scenario: self.scenario.clone(), at: self.at.clone(), reason: reason.into() }
    }

    /// What the recording leaves out because it is null there, such as an `error`, is put in.
    fn replace_in(&self, changed: &mut Json) -> Result<(), ScenarioError> {
        if let Some(node) = changed.pointer_mut(&self.at) {
            *node = self.value.clone();
            return Ok(());
        }
        let (parent, _) = self.at.rsplit_once('/').unwrap_or_default();
        let parent = changed.pointer_mut(parent).and_then(Json::as_object_mut).ok_or_else(|| self.wrong("nothing is there"))?;
        parent.insert(tokens(&self.at).pop().unwrap_or_default(), self.value.clone());
        Ok(())
    }

    fn remove_from(&self, expect: &mut Json) -> Result<(), ScenarioError> {
        let (parent, _) = self.at.rsplit_once('/').unwrap_or_default();
        let name = tokens(&self.at).pop().unwrap_or_default();
        let removed = match expect.pointer_mut(parent) {
            Some(Json::Object(members)) => members.shift_remove(&name),
            Some(Json::Array(items)) => index(&name).filter(|index| *index < items.len()).map(|index| items.remove(index)),
            _ => None,
        };
        removed.map(|_| ()).ok_or_else(|| self.wrong("nothing is there that could be absent"))
    }
}

fn is_absent(value: &Map<String, Json>) -> bool {
    value.len() == 1 && value.get(ABSENT) == Some(&Json::Bool(true))
}

/// The reference tokens of a pointer, unescaped (RFC 6901, section 4).
fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// A list index; RFC 6901 allows no leading zeros.
fn index(token: &str) -> Option<usize> {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if plain { token.parse().ok() } else { None }
}

/// The order of two nodes, where indices count as numbers.
fn by_position(one: &[String], other: &[String]) -> std::cmp::Ordering {
    let key = |tokens: &[String]| -> Vec<(usize, String)> {
        tokens.iter().map(|token| index(token).map_or_else(|| (0, token.clone()), |index| (index, String::new()))).collect()
    };
    key(one).cmp(&key(other))
}

/// Replacing a node and a part of it would make the result depend on the order.
fn refuse_overlaps(entries: &[&Entry]) -> Result<(), ScenarioError> {
    for (position, entry) in entries.iter().enumerate() {
        for (other_position, other) in entries.iter().enumerate() {
            let both_append = matches!((entry.change(), other.change()), (Change::Append, Change::Append));
            let same = entry.at == other.at && position > other_position && !both_append;
            let below = entry.at.strip_prefix(&other.at).is_some_and(|rest| rest.starts_with('/'));
            if same || below {
                return Err(entry.wrong(format!("it lies at or below {} of the same scenario", other.at)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list(entries: &[(&str, Json)]) -> Deviations {
        let entries: Vec<Json> =
            entries.iter().map(|(at, value)| json!({"scenario": "s", "at": at, "rule": "D-01", "value": value, "why": "a test"})).collect();
        Deviations::from_json(Path::new("d.json"), &Json::Array(entries)).expect("valid")
    }

    fn expect() -> Json {
        json!({"topics": {"a/b": [1, 2, 3, 4]}, "logs": [{"x": 1}, {"x": 2}, {"x": 3}], "errors": []})
    }

    #[test]
    fn nodes_are_replaced_removed_and_appended_by_the_indices_of_the_recording() {
        let absent = json!({"$absent": true});
        let changed = list(&[
            ("/logs/-", json!({"x": 8})),
            ("/topics/a~1b/0", absent.clone()),
            ("/logs/-", json!({"x": 9})),
            ("/topics/a~1b/2", absent.clone()),
            ("/logs/2/x", json!(30)),
            ("/logs/0/x", absent),
        ])
        .apply("s", &expect())
        .expect("applies");
        assert_eq!(changed, json!({"topics": {"a/b": [2, 4]}, "logs": [{}, {"x": 2}, {"x": 30}, {"x": 8}, {"x": 9}], "errors": []}));
    }

    #[test]
    fn indices_of_two_digits_are_removed_in_numeric_order() {
        let absent = json!({"$absent": true});
        let expect = json!({"logs": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]});
        let changed = list(&[("/logs/9", absent.clone()), ("/logs/10", absent.clone()), ("/logs/2", absent)]);
        assert_eq!(changed.apply("s", &expect).expect("applies"), json!({"logs": [0, 1, 3, 4, 5, 6, 7, 8]}));
    }

    #[test]
    fn another_scenario_is_left_alone() {
        assert_eq!(list(&[("/logs/0", json!(1))]).apply("t", &expect()).expect("applies"), expect());
    }

    #[test]
    fn a_pointer_that_does_not_resolve_is_an_error() {
        let absent = json!({"$absent": true});
        for (at, value) in [("/logs/3", json!(1)), ("/logs/0/y", absent.clone()), ("/logs/3", absent.clone()), ("/topics/-", json!(1)), ("/logs/01", absent)] {
            let error = list(&[(at, value)]).apply("s", &expect()).expect_err(at);
            assert!(error.to_string().contains(at), "{error}");
        }
    }

    #[test]
    fn a_member_that_the_recording_leaves_out_is_put_in() {
        let error = json!({"type": null, "message": "it failed"});
        let changed = list(&[("/logs/1/error", error.clone()), ("/topics/c", json!([]))]).apply("s", &expect()).expect("applies");
        assert_eq!(changed["logs"][1], json!({"x": 2, "error": error}));
        assert_eq!(changed["topics"]["c"], json!([]));
    }

    #[test]
    fn a_pointer_below_another_one_is_an_error() {
        for (one, other) in [("/logs/0", "/logs/0/x"), ("/logs/0", "/logs/0"), ("/logs", "/logs/-")] {
            list(&[(one, json!(1)), (other, json!(1))]).apply("s", &expect()).expect_err(other);
        }
        list(&[("/logs/1", json!(1)), ("/errors", json!([]))]).apply("s", &expect()).expect("no overlap");
    }

    #[test]
    fn a_list_of_another_shape_is_refused() {
        let file = Path::new("d.json");
        for json in [json!({}), json!([{"scenario": "s"}]), json!([{"scenario": "s", "at": "logs", "rule": "", "value": 1, "why": ""}])] {
            Deviations::from_json(file, &json).expect_err("refused");
        }
    }
}
