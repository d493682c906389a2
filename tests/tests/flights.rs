//! Real input from end to end: 20,000 departures in one file become the rows that a plain group-by gives, exactly once,
//! however often the file is run and whenever the process is killed.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use nightowl_tests::shell::Shell;
use serde_json::Value as Json;

/// How many triggers the file has.
const TRIGGERS: u64 = 20_000;

/// The factors that name a row of a result topic.
const KEYS: [(&str, &[&str]); 4] = [
    ("carrier_day", &["flight_date", "carrier"]),
    ("carrier_delay", &["carrier", "quarter"]),
    ("route", &["origin", "dest"]),
    ("very_late", &["flight_date", "carrier", "flight_no"]),
];

fn flights(file: &str) -> String {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/flights");
    folder.join(file).to_str().unwrap().to_owned()
}

fn expected() -> Json {
    serde_json::from_str(&fs::read_to_string(flights("expected.json")).unwrap()).unwrap()
}

fn run_file(shell: &Shell) -> [u64; 4] {
    let outcome = shell.run(&["run", "-d", &flights("definitions.json"), &flights("triggers.ndjson.gz"), "--json"]).expect(0);
    assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
    outcome.counts()
}

/// Rows by their key factors; two rows of one key fail the test.
fn by_key(topic: &str, keys: &[&str], rows: &[Json]) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    for row in rows {
        let key: Vec<String> = keys.iter().map(|key| row[key].to_string()).collect();
        let before = found.insert(key.join(" "), row.clone());
        assert_eq!(before, None, "{topic} has two rows of {key:?}");
    }
    found
}

/// Whether a value is the expected one: the same, or near enough where the file names a tolerance for the factor.
fn is_as_expected(value: &Json, expected: &Json, tolerance: Option<f64>) -> bool {
    match (value.as_f64(), expected.as_f64(), tolerance) {
        (Some(value), Some(expected), Some(tolerance)) => (value - expected).abs() <= tolerance,
        _ => value == expected,
    }
}

fn assert_rows(topic: &str, keys: &[&str], rows: &[Json], expected: &Json) {
    let wanted = by_key(topic, keys, expected["rows"][topic].as_array().unwrap());
    let found = by_key(topic, keys, rows);
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{topic}");
    for (key, wanted) in &wanted {
        let (wanted, found) = (wanted.as_object().unwrap(), found[key].as_object().unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{topic} {key}");
        for (factor, value) in wanted {
            let tolerance = expected["tolerance"][factor].as_f64();
            assert!(is_as_expected(&found[factor], value, tolerance), "{topic} {key} {factor}: {} is not {value}", found[factor]);
        }
    }
}

/// All six topics hold what the group-by gave: every one its number of rows, the result topics every row.
fn assert_everything_is_there_once(shell: &Shell) {
    let expected = expected();
    for (topic, count) in expected["counts"].as_object().unwrap() {
        let rows = shell.rows(topic);
        assert_eq!(rows.len() as u64, count.as_u64().unwrap(), "{topic}");
        if let Some((topic, keys)) = KEYS.iter().find(|(name, _)| name == topic) {
            assert_rows(topic, keys, &rows, &expected);
        }
    }
}

#[test]
fn every_result_topic_is_named_here() {
    let expected = expected();
    let topics: Vec<&str> = expected["rows"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(topics, KEYS.map(|(topic, _)| topic));
}

#[test]
fn a_row_that_is_missing_doubled_or_different_is_seen() {
    let expected = serde_json::json!({"rows": {"t": [{"k": "a", "n": 1, "m": 0.5}]}, "tolerance": {"m": 0.01}});
    let holds = |rows: Json| std::panic::catch_unwind(|| assert_rows("t", &["k"], rows.as_array().unwrap(), &expected)).is_ok();
    assert!(holds(serde_json::json!([{"k": "a", "n": 1, "m": 0.505}])));
    assert!(!holds(serde_json::json!([])));
    assert!(!holds(serde_json::json!([{"k": "a", "n": 1, "m": 0.52}])));
    assert!(!holds(serde_json::json!([{"k": "a", "n": 1.005, "m": 0.5}])));
    assert!(!holds(serde_json::json!([{"k": "a", "n": 1, "m": 0.5}, {"k": "a", "n": 1, "m": 0.5}])));
}

#[test]
fn a_file_gives_the_rows_of_a_plain_group_by_and_running_it_again_changes_nothing() {
    let shell = Shell::new();
    assert_eq!(run_file(&shell), [TRIGGERS, 0, 0, 0]);
    assert_everything_is_there_once(&shell);
    let topics = KEYS.map(|(topic, _)| topic);
    let before = topics.map(|topic| shell.run(&["rows", topic, "--fixed"]).expect(0).stdout);
    assert_eq!(run_file(&shell), [0, 0, 0, TRIGGERS]);
    assert_eq!(topics.map(|topic| shell.run(&["rows", topic, "--fixed"]).expect(0).stdout), before);
}

/// How many triggers are committed, as another process sees it; 0 before the tables are there.
fn committed(connection: &rusqlite::Connection) -> u64 {
    let count: i64 = connection.query_row("SELECT count(*) FROM nightowl_triggers", [], |row| row.get(0)).unwrap_or_default();
    count.unsigned_abs()
}

/// Waits until so many triggers are committed; gives how many there are, or none when the process ended before.
fn wait_for(triggers: u64, database: &Path, child: &mut Child) -> Option<u64> {
    let mut connection = None;
    loop {
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        if connection.is_none() && database.exists() {
            connection = rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
        }
        match connection.as_ref().map(committed) {
            Some(count) if count >= triggers => return Some(count),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn a_process_that_is_killed_again_and_again_leaves_every_trigger_once() {
    let shell = Shell::new();
    let mut done = 0;
    // The distances are such that every kill meets another place of a group and of the file.
    for distance in [1, 1_313, 2_741, 3_907, 4_099] {
        let mut command = shell.command(&["run", "-d", &flights("definitions.json"), &flights("triggers.ndjson.gz")]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let seen = wait_for(done + distance, &shell.database(), &mut child);
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        assert!(seen.is_some() && ended.code().is_none(), "the process was to be killed at work: {ended}");
        let now = shell.count("raw_flight") as u64;
        assert!(seen <= Some(now) && now < TRIGGERS, "seen {seen:?}, kept {now}");
        assert_eq!(shell.count("flight") as u64, now, "a trigger is there with all it led to, or not at all");
        done = now;
    }
    assert_eq!(run_file(&shell), [TRIGGERS - done, 0, 0, done]);
    assert_everything_is_there_once(&shell);
}
