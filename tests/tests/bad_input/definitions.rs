//! Definitions with mistakes: all of them are told at once, and nothing is applied.

use nightowl_tests::shell::{Shell, checkout};

/// Ten mistakes: the code of each and its place.
const MISTAKES: [(&str, &str); 10] = [
    ("definition-unknown-value", "topic \"loose\" / factor \"y\" / type"),
    ("definition-unknown-value", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a4\" / type"),
    ("definition-unknown-value", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a6\" / by / filter 1 / operator"),
    ("definition-topic-unknown", "pipeline \"from nowhere\" / topicId"),
    ("definition-topic-unknown", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a1\" / topicId"),
    ("definition-by-empty", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a2\" / by"),
    ("definition-factor-unknown", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a3\" / mapping 1 / factorId"),
    ("definition-missing", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a5\" / variableName"),
    ("definition-writer-unknown", "pipeline \"many\" / stage \"s\" / unit \"u\" / action \"a7\" / externalWriterId"),
    ("definition-column-conflict", "topic \"tight\" / factor \"k\""),
];

const TEN_MISTAKES: &str = r#"{
  "topics": [
    {"topicId": "1", "name": "loose", "type": "raw", "kind": "business", "factors": [
      {"factorId": "11", "name": "x", "type": "text"},
      {"factorId": "12", "name": "y", "type": "nonsense"}
    ]},
    {"topicId": "2", "name": "right", "type": "distinct", "kind": "business", "factors": [
      {"factorId": "21", "name": "k", "type": "text", "indexGroup": "u-1"},
      {"factorId": "22", "name": "n", "type": "number"}
    ]},
    {"topicId": "3", "name": "tight", "type": "distinct", "kind": "business", "factors": [
      {"factorId": "31", "name": "k", "type": "text"},
      {"factorId": "32", "name": "k", "type": "number"}
    ]}
  ],
  "pipelines": [
    {"pipelineId": "91", "topicId": "404", "name": "from nowhere", "type": "insert", "enabled": true, "stages": []},
    {"pipelineId": "92", "topicId": "1", "name": "many", "type": "insert", "enabled": true, "stages": [
      {"stageId": "s", "name": "s", "units": [{"unitId": "u", "name": "u", "do": [
        {"actionId": "a1", "type": "insert-row", "topicId": "405",
          "mapping": [{"factorId": "22", "source": {"kind": "constant", "value": "1"}, "arithmetic": "none"}]},
        {"actionId": "a2", "type": "merge-row", "topicId": "2", "by": {"jointType": "and", "filters": []},
          "mapping": [{"factorId": "22", "source": {"kind": "constant", "value": "1"}, "arithmetic": "none"}]},
        {"actionId": "a3", "type": "insert-row", "topicId": "2",
          "mapping": [{"factorId": "999", "source": {"kind": "constant", "value": "1"}, "arithmetic": "none"}]},
        {"actionId": "a4", "type": "dance", "topicId": "2"},
        {"actionId": "a5", "type": "copy-to-memory", "source": {"kind": "constant", "value": "1"}},
        {"actionId": "a6", "type": "read-row", "topicId": "2", "variableName": "v", "by": {"jointType": "and", "filters": [
          {"left": {"kind": "topic", "topicId": "2", "factorId": "21"}, "operator": "resembles", "right": {"kind": "constant", "value": "1"}}
        ]}},
        {"actionId": "a7", "type": "write-to-external", "externalWriterId": "77", "eventCode": "e"}
      ]}]}
    ]}
  ]
}"#;

/// The errors in a text: code and place of each.
fn errors(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("error["));
    let mut found: Vec<(String, String)> = lines
        .map(|line| {
            let (code, rest) = line.split_once("] ").unwrap();
            // the file stands before the place, where the place is not the file itself
            let rest = rest.split_once(".json: ").filter(|(file, _)| !file.starts_with("file \"")).map_or(rest, |(_, rest)| rest);
            let (place, reason) = rest.split_once(": ").unwrap();
            assert!(reason.contains('(') && reason.ends_with(')'), "a reason and a remedy: {line}");
            (code.to_owned(), place.to_owned())
        })
        .collect();
    found.sort();
    found
}

fn mistakes() -> Vec<(String, String)> {
    let mut all = MISTAKES.map(|(code, place)| (code.to_owned(), place.to_owned())).to_vec();
    all.sort();
    all
}

#[test]
fn lint_tells_all_ten_mistakes_with_code_and_place() {
    let shell = Shell::new();
    let file = shell.write("ten.json", TEN_MISTAKES);
    let outcome = shell.run(&["lint", &file]).expect(1).saying("10 errors");
    assert_eq!(errors(&outcome.stdout), mistakes());
    assert_eq!(outcome.stdout.lines().count(), MISTAKES.len(), "{}", outcome.stdout);
}

#[test]
fn apply_and_run_tell_all_ten_mistakes_and_apply_nothing() {
    let shell = Shell::new();
    let (file, sample) = (shell.write("ten.json", TEN_MISTAKES), checkout("config/example/sample/definitions.json"));
    let applied = shell.run(&["apply", &sample, &file]).expect(1).saying("10 mistakes; nothing was applied");
    assert_eq!((errors(&applied.stderr), applied.stdout.as_str()), (mistakes(), ""));
    let triggers = checkout("config/example/sample/triggers.ndjson");
    let run = shell.run(&["run", "-d", &sample, "-d", &file, &triggers, "--json"]).expect(1);
    assert_eq!((errors(&run.stderr), run.stdout.as_str()), (mistakes(), ""));
    // not even what was right
    let planned = shell.run(&["apply", "--dry-run", &sample]).expect(0);
    assert!(planned.stderr.ends_with("5 would be created, 0 updated, 0 deleted, 0 unchanged\n"), "{}", planned.stderr);
}

#[test]
fn paths_that_hold_no_definitions_are_told() {
    let shell = Shell::new();
    std::fs::create_dir_all(shell.path("empty")).unwrap();
    std::fs::create_dir_all(shell.path("nested/x.json")).unwrap();
    let broken = shell.write("broken.json", "{\"topics\": [");
    let yaml = shell.write("broken.yaml", "topics: [\n  - : :");
    let foreign = shell.write("foreign.json", "{\"weather\": \"fine\"}");
    let binary = shell.write("binary.json", b"\xff\xfe{}");
    for (path, code) in [
        ("empty", "definition-file-missing"),
        ("nested", "definition-file-missing"),
        ("nested/x.json", "definition-file-missing"),
        ("nothing.json", "definition-file-unreadable"),
        (&broken, "definition-file-syntax"),
        (&yaml, "definition-file-syntax"),
        (&foreign, "definition-not-recognised"),
        (&binary, "definition-file-unreadable"),
    ] {
        let linted = shell.run(&["lint", path]).expect(1);
        let found = errors(&linted.stdout);
        assert_eq!(found.len(), 1, "{path}: {}", linted.stdout);
        assert!(found[0].0 == code && found[0].1.contains(path), "{path}: {found:?}");
        assert_eq!(errors(&shell.run(&["apply", path]).expect(1).stderr), found, "{path}");
    }
}
