//! The second destination of dead letters (surface.md §15.5).

use nightowl::door::event::TimeBudget;
use nightowl_tests::emulators::{self, Emulator};
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

use crate::house::{KEY, SECRET, house, inside, messages, queue};
use crate::mns_server::{KEY_ID, MnsServer};

/// Hands an event over that can not be read, with copies going somewhere; gives the shell whose store it was.
fn hand_over(destination: &str) -> Shell {
    let shell = house(&json!({"type": "standard-writer", "url": "https://a.example/"}));
    let sources = nightowl::Sources::default()
        .option("storage.data_dir", shell.path("data").to_str().unwrap())
        .option("storage.url", &format!("sqlite://{}", shell.database().display()))
        .option("event.dead_letter", destination);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let nightowl = nightowl::Nightowl::open(&sources).await.unwrap();
        let event = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m-1", "eventSourceARN": "arn:aws:sqs:us-east-1:1:orders", "body": "{\"pat\": \"t0p-s3cret\", "}]});
        let report = nightowl.event(event.to_string().as_bytes(), &TimeBudget::unlimited()).await;
        assert_eq!((report.counts.bad, report.is_failed()), (1, false));
        nightowl.close().await.unwrap();
    });
    shell
}

fn is_the_letter(document: &Json) {
    assert_eq!((&document["source"], &document["error"]["code"]), (&json!("sqs"), &json!("event-not-json")), "{document}");
    assert!(!document.to_string().contains("t0p-s3cret"), "{document}");
}

#[test]
fn a_copy_goes_to_a_queue_of_sqs() {
    let Some(aws) = std::env::var("NIGHTOWL_TESTS_AWS").ok().or_else(|| emulators::aws().map(Emulator::url)) else { return };
    let variables = [&KEY[..], &[("NIGHTOWL_TESTS_AWS", aws.as_str())]].concat();
    if !inside("copies::a_copy_goes_to_a_queue_of_sqs", &variables) {
        return;
    }
    let dead = queue(&aws, "dead");
    let shell = hand_over(&format!("sqs:{dead}"));
    let found = messages(&aws, &dead);
    assert_eq!(found.len(), 1);
    is_the_letter(&serde_json::from_str(found[0]["Body"].as_str().unwrap()).unwrap());
    assert_eq!(shell.run(&["dead", "list", "--json"]).expect(0).lines().len(), 1, "the letter itself is in the table");
}

#[test]
fn a_copy_goes_to_a_queue_of_mns() {
    let key = [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)];
    if !inside("copies::a_copy_goes_to_a_queue_of_mns", &key) {
        return;
    }
    let server = MnsServer::start(SECRET, 0);
    hand_over(&format!("mns:{}/queues/dead", server.url));
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let text = taken[0].body.split_once("<MessageBody>").unwrap().1.split_once("</MessageBody>").unwrap().0.to_owned();
    is_the_letter(&serde_json::from_str(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).unwrap());
}

#[test]
fn a_copy_that_can_not_be_made_leaves_the_letter() {
    let shell = hand_over("mns:http://127.0.0.1:1/queues/dead");
    assert_eq!(shell.run(&["dead", "list", "--json"]).expect(0).lines().len(), 1);
}

#[test]
fn a_destination_that_is_none_stops_the_start() {
    let shell = Shell::new();
    shell.write("nightowl.toml", "[event]\ndead_letter = \"sqs:dead\"\n");
    let path = shell.write("event.json", json!({"code": "a", "data": {}}).to_string());
    let told = shell.run(&["trigger", &path]).stderr;
    assert!(told.contains("event.dead_letter") && told.contains("url of a queue"), "{told}");
}
