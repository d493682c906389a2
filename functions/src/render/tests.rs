//! Traces as they look: the pictures stand in `functions/tests/golden`.

use serde_json::{Value as Json, json};

use super::{Appearance, TraceSummary, list_header, list_line, trace_list, trace_tree};

const TRACE: &str = include_str!("../../tests/golden/trace.json");
const WIDE: &str = include_str!("../../tests/golden/trace-wide.txt");
const NARROW: &str = include_str!("../../tests/golden/trace-80.txt");
const LIST: &str = include_str!("../../tests/golden/traces-100.txt");

fn trace() -> Json {
    serde_json::from_str(TRACE).expect("a trace")
}

fn same(name: &str, found: &str, golden: &str) {
    assert!(found == golden, "functions/tests/golden/{name} says:\n{golden}\nand now it is:\n{found}");
}

#[test]
fn a_trace_is_a_tree() {
    same("trace-wide.txt", &trace_tree(&trace(), Appearance::default()), WIDE);
}

#[test]
fn a_narrow_terminal_gets_short_lines() {
    let tree = trace_tree(&trace(), Appearance { width: Some(80), colours: false });
    same("trace-80.txt", &tree, NARROW);
    let too_wide: Vec<&str> = tree.lines().filter(|line| super::text::width(line) > 80).collect();
    assert!(too_wide.is_empty(), "{too_wide:#?}");
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = trace_tree(&trace(), Appearance { width: Some(80), colours: true });
    assert!(coloured.contains("\x1b[31mERROR\x1b[0m"));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, escape)) = rest.split_once('\x1b') {
        bare.push_str(before);
        rest = escape.split_once('m').expect("an escape sequence ends").1;
    }
    bare.push_str(rest);
    assert_eq!(bare, NARROW);
}

#[test]
fn a_trace_of_nothing_says_so() {
    let tree = trace_tree(&json!({"traceId": "7", "triggers": []}), Appearance::default());
    assert_eq!(tree, "trace 7\nno trigger has this trace id\n");
    assert_eq!(trace_tree(&json!({"triggers": [{}]}), Appearance::default()), "trace unknown\ntrigger ?\n└─ no pipeline ran\n");
}

#[test]
fn a_tree_deeper_than_the_terminal_is_wide_still_ends() {
    let tree = trace_tree(&trace(), Appearance { width: Some(1), colours: false });
    assert!(tree.lines().count() >= NARROW.lines().count());
}

fn summaries() -> Vec<TraceSummary> {
    let line = |status: &str, topic: &str, failed, runs, spent_ms| TraceSummary {
        at: "2024-05-01 10:20:30.532".to_owned(),
        trace_id: "1174230636953600000".to_owned(),
        status: status.to_owned(),
        topic: topic.to_owned(),
        failed,
        runs,
        spent_ms,
    };
    vec![
        line("done", "order_raw", 0, 4, Some(14)),
        line("error", "订单", 2, 13, Some(1_204)),
        line("pending", "a_topic_whose_name_is_longer_than_its_column", 0, 0, None),
    ]
}

#[test]
fn traces_are_a_table() {
    let appearance = Appearance { width: Some(100), colours: false };
    let table = trace_list(&summaries(), appearance);
    same("traces-100.txt", &table, LIST);
    let lines: String = summaries().iter().map(|trace| list_line(trace, appearance)).collect();
    assert_eq!(list_header(appearance) + &lines, table);
    assert!(list_line(&summaries()[1], Appearance { width: None, colours: true }).contains("\x1b[31merror"));
}
