//! What was rejected is kept once, without tokens, and decided on once (surface.md §15.5).

use nightowl::door::event::TimeBudget;
use serde_json::{Value as Json, json};

use super::house::{envelope, event, house, sqs};
use nightowl_tests::shell::Shell;

fn letters(shell: &Shell, arguments: &[&str]) -> Vec<Json> {
    shell.run(&[&["dead", "list", "--json"], arguments].concat()).expect(0).lines()
}

fn id(letter: &Json) -> &str {
    letter["id"].as_str().unwrap()
}

#[tokio::test]
async fn rejected_messages_are_dead_letters_once_and_are_acknowledged() {
    let (shell, token) = house("");
    let batch = sqs(
        "orders",
        &[
            ("1", "", envelope("raw_change", "good", &token)),
            ("2", "", "no JSON at all".to_owned()),
            ("3", "", envelope("raw_elsewhere", "later", &token)),
            ("4", "", format!("{{\"pat\": \"{token}\", \"code\": ")),
        ],
    );
    for round in 0..2 {
        let report = event(&shell, &[], &batch, &TimeBudget::unlimited()).await;
        let counts = report.counts;
        assert_eq!((counts.succeeded, counts.skipped, counts.bad, counts.received()), (1 - round, round, 3, 4), "{report:?}");
        assert_eq!(report.batch_item_failures(), json!({"batchItemFailures": []}));
        assert!(!report.is_failed());
    }
    let mut found = letters(&shell, &[]);
    found.sort_by_key(|letter| letter["deliveryKey"].as_str().unwrap().to_owned());
    let codes: Vec<&str> = found.iter().map(|letter| letter["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["event-not-json", "trigger-topic-not-found", "event-not-json"]);
    assert!(found.iter().all(|letter| letter["source"] == "sqs" && letter["state"] == "open"), "{found:?}");
    // the shell ends the test where a token is seen
    let shown: Json = serde_json::from_str(&shell.run(&["dead", "show", id(&found[1])]).expect(0).stdout).unwrap();
    let content: Json = serde_json::from_str(shown["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, json!({"code": "raw_elsewhere", "triggerType": "insert", "data": {"op": "later"}}));
    let shown: Json = serde_json::from_str(&shell.run(&["dead", "show", id(&found[2])]).expect(0).stdout).unwrap();
    assert_eq!(shown["content"], "{\"pat\": \"***\", \"code\": ");
    // nothing to be done about it yet
    assert_eq!(shell.run(&["dead", "redrive", id(&found[1]), "--pat", &token]).expect(1).saying("trigger-topic-not-found").stdout, "");
    let topic = json!({"topicId": "9", "name": "raw_elsewhere", "type": "raw", "kind": "business", "tenantId": "1", "factors": []});
    assert_eq!(shell.run(&["apply", &shell.write("more.json", topic.to_string())]).code, Some(0));
    let redriven = shell.run(&["dead", "redrive", id(&found[1]), "--pat", &token]).expect(0).stdout;
    assert!(redriven.starts_with(&format!("{} done ", id(&found[1]))), "{redriven}");
    assert_eq!(shell.run(&["dead", "redrive", id(&found[1]), "--pat", &token]).expect(1).saying("redriven before").stdout, "");
    assert_eq!(shell.count("raw_elsewhere"), 1);
    // it ran under its own key: the message itself comes too late
    let again = event(&shell, &[], &batch, &TimeBudget::unlimited()).await;
    assert_eq!((again.counts.skipped, again.counts.bad), (2, 2));
    assert_eq!(shell.run(&["dead", "drop", id(&found[0])]).code, Some(0));
    assert_eq!(shell.run(&["dead", "drop", id(&found[0])]).expect(1).saying("dropped already").stdout, "");
    assert_eq!(letters(&shell, &[]).len(), 1);
    assert_eq!(letters(&shell, &["--all"]).len(), 3);
    assert_eq!(shell.run(&["dead", "show", "1"]).expect(1).saying("dead-letter-unknown").stdout, "");
}

#[tokio::test]
async fn an_event_that_can_not_be_read_is_one_dead_letter() {
    let (shell, _) = house("");
    for _ in 0..2 {
        let report = event(&shell, &[], &json!({"nonsense": true}), &TimeBudget::unlimited()).await;
        assert_eq!((report.counts.bad, report.is_failed()), (1, false));
    }
    let found = letters(&shell, &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["error"]["code"], "event-not-recognised");
}

#[tokio::test]
async fn copies_go_where_the_setting_says() {
    let (shell, _) = house("");
    std::fs::create_dir(shell.path("letters")).unwrap();
    let folder = format!("file:{}", shell.path("letters").display());
    event(&shell, &[("event.dead_letter", &folder)], &sqs("q", &[("m", "", "{}".to_owned())]), &TimeBudget::unlimited()).await;
    let copies: Vec<_> = std::fs::read_dir(shell.path("letters")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let copy: Json = serde_json::from_str(&std::fs::read_to_string(&copies[0]).unwrap()).unwrap();
    assert_eq!((copies.len(), &copy["deliveryKey"], &copy["error"]["code"]), (1, &json!("m"), &json!("event-code-missing")));
}
