//! `patSecret` of routes: tokens that a cloud keeps (surface.md §15.3, §17).

use nightowl_tests::emulators::{self, Emulator};
use serde_json::json;

use crate::house::{KEY, SECRET, aws, house_with};

const TICK: &str = r#"{"triggerTime": "2026-03-29T06:41:57Z", "triggerName": "every-5-min", "payload": ""}"#;

fn route(secret: &str) -> String {
    format!("[[event.route]]\nmatch = {{source = \"timer\"}}\nmode = \"payload\"\ncode = \"order\"\ntenantId = \"1\"\npatSecret = \"{secret}\"\n")
}

#[test]
fn a_token_is_read_from_secrets_manager_when_a_delivery_needs_it() {
    let Some(url) = emulators::aws().map(Emulator::url) else { return };
    for (name, by_arn, as_member) in [("loader-1", true, false), ("loader-2", false, true)] {
        let made = aws(
            &url,
            "secretsmanager",
            "secretsmanager.CreateSecret",
            &json!({"Name": name, "SecretString": "not yet", "ClientRequestToken": "0123456789abcdef0123456789abcdef"}),
        );
        let reference = if by_arn { made["ARN"].as_str().unwrap() } else { name };
        let shell = house_with(&json!({"type": "standard-writer", "url": "http://127.0.0.1:1/"}), &route(reference));
        let token = std::fs::read_to_string(shell.path("token")).unwrap();
        let path = shell.write("tick.json", TICK);
        let variables = [&KEY[..], &[("AWS_ENDPOINT_URL", url.as_str())]].concat();
        // a token that is none is refused, and not shown
        let refused = shell.run_with(&["trigger", &path], &variables, b"").expect(1);
        assert!(!refused.stderr.contains("not yet") && shell.count("order") == 0, "{}", refused.stderr);
        let text = if as_member { json!({"pat": token}).to_string() } else { token.clone() };
        aws(
            &url,
            "secretsmanager",
            "secretsmanager.PutSecretValue",
            &json!({"SecretId": name, "SecretString": text, "ClientRequestToken": "1123456789abcdef0123456789abcdef"}),
        );
        shell.run_with(&["trigger", &path], &variables, b"").expect(0);
        assert_eq!(shell.count("order"), 1);
    }
}

#[test]
fn a_secret_that_can_not_be_read_leaves_the_delivery_to_the_next_attempt() {
    let Some(url) = emulators::aws().map(Emulator::url) else { return };
    let shell = house_with(&json!({"type": "standard-writer", "url": "http://127.0.0.1:1/"}), &route("nobody-made-it"));
    let path = shell.write("tick.json", TICK);
    let variables = [&KEY[..], &[("AWS_ENDPOINT_URL", url.as_str())]].concat();
    let told = shell.run_with(&["trigger", &path], &variables, b"").stderr;
    assert!(told.contains("nobody-made-it") && told.contains("ResourceNotFound") && !told.contains(SECRET), "{told}");
}

#[test]
fn lint_looks_at_the_form_of_a_reference_and_asks_no_cloud() {
    let shell = house_with(&json!({"type": "standard-writer", "url": "http://127.0.0.1:1/"}), &route("arn:aws:secretsmanager:eu-central-1:1:secret:loader"));
    let path = shell.path("definitions.json").to_str().unwrap().to_owned();
    shell.run(&["lint", &path]).expect(0);
    shell.write("nightowl.toml", route("https://vault.example/secrets/loader"));
    let told = shell.run(&["lint", &path]);
    assert!(told.code != Some(0) && format!("{}{}", told.stdout, told.stderr).contains("patSecret"), "{told:?}");
}
