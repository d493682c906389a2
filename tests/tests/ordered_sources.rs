//! Files keep how far they were read instead of a key for each line (storage.md §15.6): a line is done once, whoever reads
//! the file, and a line that was refused is tried again.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::fmt::Write as _;

use nightowl_tests::race::{Expected, Racer, Target, prepared};
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;
use serde_json::json;

const TOPIC: &str = r#"{"topicId": "1", "name": "raw_line", "type": "raw", "factors": [{"factorId": "11", "name": "no", "type": "number"}]}"#;
const LATER: &str = r#"{"topicId": "2", "name": "raw_later", "type": "raw", "factors": [{"factorId": "21", "name": "no", "type": "number"}]}"#;

fn line(code: &str, number: usize) -> String {
    json!({"code": code, "data": {"no": number}}).to_string()
}

/// Rows of a table of ours, as numbers.
fn numbers(shell: &Shell, sql: &str) -> Vec<(i64, i64)> {
    let connection = rusqlite::Connection::open(shell.database()).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_file_leaves_one_run_and_no_keys() {
    let shell = Shell::new();
    let definitions = shell.write("topic.json", TOPIC);
    shell.run(&["apply", &definitions]).expect(0);
    let token = shell.issue(&[]);
    let mut content = String::new();
    for number in 1..=1_000 {
        writeln!(content, "{}", line("raw_line", number)).unwrap();
    }
    let file = shell.write("lines.ndjson", &content);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(0).counts(), [1_000, 0, 0, 0]);
    let runs = "SELECT CAST(\"partition\" AS INTEGER), next_offset FROM nightowl_marks WHERE \"partition\" <> ''";
    assert_eq!(numbers(&shell, runs), [(1, 1_001)]);
    assert_eq!(numbers(&shell, "SELECT COUNT(*), COUNT(position_key) FROM nightowl_triggers"), [(1_000, 0)]);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(0).counts(), [0, 0, 0, 1_000]);
    // What is asked for again is done again, and read on from where it stood.
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--again", "--json"]).expect(0).counts(), [1_000, 0, 0, 0]);
    assert_eq!(numbers(&shell, runs), [(1, 1_001)]);
    assert_eq!(shell.count("raw_line"), 2_000);
}

#[test]
fn refused_lines_are_tried_again_and_the_others_are_not() {
    let shell = Shell::new();
    let definitions = shell.write("topic.json", TOPIC);
    shell.run(&["apply", &definitions]).expect(0);
    let token = shell.issue(&[]);
    let lines = [line("raw_line", 1), line("raw_later", 2), "{".to_owned(), line("raw_line", 4), line("raw_later", 5), line("raw_line", 6)];
    let file = shell.write("lines.ndjson", lines.join("\n"));
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).counts(), [3, 0, 3, 0]);
    shell.run(&["apply", &shell.write("later.json", LATER)]).expect(0);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).counts(), [2, 0, 1, 3]);
    assert_eq!(shell.run(&["trigger", &file, "--pat", &token, "--json"]).expect(1).counts(), [0, 0, 1, 5]);
    assert_eq!((shell.count("raw_line"), shell.count("raw_later")), (3, 2));
}

#[test]
fn the_same_content_for_another_topic_is_another_source() {
    let shell = Shell::new();
    shell.run(&["apply", &shell.write("topic.json", TOPIC), &shell.write("later.json", LATER)]).expect(0);
    let token = shell.issue(&[]);
    let file = shell.write("bare.json", json!([{"no": 1}, {"no": 2}]).to_string());
    for topic in ["raw_line", "raw_later"] {
        assert_eq!(shell.run(&["trigger", &file, "--topic", topic, "--pat", &token, "--json"]).expect(0).counts(), [2, 0, 0, 0], "{topic}");
    }
    assert_eq!((shell.count("raw_line"), shell.count("raw_later")), (2, 2));
}

/// Processes that read the same file at the same time do each line once between them.
async fn together(server: Server) {
    const READERS: usize = 4;
    const LINES: usize = 300;
    let Some(url) = server.fresh().await else { return };
    let shell = Shell::new();
    let pat = prepared(&shell, &url);
    let mut expected = Expected::default();
    let file = shell.write("lines.ndjson", expected.file(Target::Hot, 0, LINES));
    let readers: Vec<_> = (0..READERS).map(|_| Racer::start(&shell, &url, &pat, &file, &[])).collect();
    let counts: Vec<[u64; 4]> = readers.into_iter().map(|reader| reader.end().expect(0).counts()).collect();
    let sum = |place: usize| counts.iter().map(|counts| counts[place]).sum::<u64>();
    assert_eq!((sum(0), sum(3)), (LINES as u64, (LINES * (READERS - 1)) as u64), "{counts:?}");
    expected.assert(&shell, &url);
}

#[tokio::test]
async fn readers_of_one_file_share_it_on_postgres() {
    together(Server::Postgres).await;
}

#[tokio::test]
async fn readers_of_one_file_share_it_on_mariadb() {
    together(Server::Mariadb).await;
}

#[tokio::test]
async fn readers_of_one_file_share_it_on_mysql() {
    together(Server::Mysql).await;
}
