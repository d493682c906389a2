//! What is kept of secrets: passwords of data sources sealed, factors encrypted with the key of their tenant
//! (storage.md §14.3, D17; engine.md §2.5).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::fs;

use nightowl::node::{Node, NodeOptions};
use nightowl_config::{Loaded, Sources};
use nightowl_core::model::Encryption;
use nightowl_core::value::DateFormats;
use nightowl_core::value::encryption::{AesKey, encrypt};
use nightowl_tests::shell::Shell;
use serde_json::{Value as Json, json};

const SEAL: (&str, &str) = ("NIGHTOWL_STORAGE__DATA_SOURCE_AES_KEY", "a seal that has exactly 32 bytes");
const PASSWORD: &str = "Snowy-9-owls-at-dawn";
const GLOBAL: (&str, &str) = ("the global key has just 32 bytes", "16 bytes global.");
const OWN: (&str, &str) = ("tenant two has a key of 32 bytes", "and a vector: 16");
const OTHER: (&str, &str) = ("tenant two changes it: 32 bytes.", "another vector16");

fn data_source(password: &str) -> String {
    json!([{"dataSourceId": "d1", "dataSourceCode": "warehouse", "dataSourceType": "postgresql", "host": "db", "name": "w", "username": "u",
        "password": password, "tenantId": "1"}])
    .to_string()
}

/// Everything that the store's files hold.
fn stored(shell: &Shell) -> String {
    let files = fs::read_dir(shell.path("data")).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[test]
fn a_clear_password_of_a_data_source_is_stored_sealed() {
    let shell = Shell::new();
    shell.keep_secret(PASSWORD);
    shell.keep_secret(SEAL.1);
    let file = shell.write("source.json", data_source(PASSWORD));
    let applied = shell.run_with(&["apply", &file], &[SEAL], b"").expect(0);
    assert!(applied.stdout.contains("data source d1 \"warehouse\""), "{}", applied.stdout);
    let held = stored(&shell);
    assert!(held.contains("{AES2}") && !held.contains(PASSWORD));
    // The same password again changes nothing, although it would be sealed to another text; another one does.
    assert_eq!(shell.run_with(&["apply", &file], &[SEAL], b"").expect(0).stdout, "");
    let file = shell.write("source.json", data_source("another"));
    assert!(!shell.run_with(&["apply", &file], &[SEAL], b"").expect(0).stdout.is_empty());
}

#[test]
fn without_a_key_a_clear_password_is_refused_and_a_reference_kept() {
    let shell = Shell::new();
    shell.keep_secret(PASSWORD);
    let file = shell.write("source.json", data_source(PASSWORD));
    for variables in [&[][..], &[SEAL, ("NIGHTOWL_STORAGE__DATA_SOURCE_AES", "false")]] {
        let refused = shell.run_with(&["apply", &file], variables, b"").expect(1);
        assert!(refused.stderr.contains("definition-password-in-clear") && refused.stderr.contains("env:NAME"), "{}", refused.stderr);
    }
    let file = shell.write("source.json", data_source("env:WAREHOUSE_PASSWORD"));
    assert!(shell.run(&["apply", &file]).expect(0).stdout.contains("warehouse"));
    let held = stored(&shell);
    assert!(held.contains("env:WAREHOUSE_PASSWORD") && !held.contains(PASSWORD));
}

/// Two tenants with a topic of a secret each, and a key for the second one where it is to have one.
fn tenants(own: Option<(&str, &str)>) -> String {
    let topic = |tenant: &str| {
        json!({"topicId": format!("t{tenant}"), "name": format!("vault{tenant}"), "type": "distinct", "tenantId": tenant,
            "factors": [{"factorId": "f", "name": "secret", "type": "text", "encrypt": "AES256-PKCS5-PADDING"}]})
    };
    let key_stores: Vec<Json> =
        own.map(|(key, iv)| json!({"tenantId": "2", "keyType": "AES256-PKCS5-PADDING", "params": {"key": key, "iv": iv}})).into_iter().collect();
    let user = json!({"userId": "22", "name": "owl-two", "role": "admin", "tenantId": "2", "password": "a password of two"});
    json!({"tenants": [{"tenantId": "2", "name": "Two"}], "users": [user], "keyStores": key_stores, "topics": [topic("1"), topic("2")]}).to_string()
}

fn encrypted(pair: (&str, &str), text: &str) -> Json {
    let key = AesKey::new(pair.0, pair.1).unwrap();
    json!(encrypt(Encryption::Aes, &text.into(), Some(&key), &DateFormats::default()).unwrap().as_text().unwrap())
}

#[test]
fn each_tenant_encrypts_with_its_own_key_else_with_the_global_one() {
    let shell = Shell::new();
    for secret in [GLOBAL.0, OWN.0, OTHER.0] {
        shell.keep_secret(secret);
    }
    let global = [("NIGHTOWL_ENGINE__AES_KEY", GLOBAL.0), ("NIGHTOWL_ENGINE__AES_IV", GLOBAL.1)];
    let apply = |own| {
        let file = shell.write("tenants.json", tenants(own));
        assert!(!shell.run_with(&["apply", &file], &global, b"").expect(0).stdout.is_empty());
    };
    let mut tokens = Vec::new();
    let mut secrets = |text: &str| -> [Json; 2] {
        if tokens.is_empty() {
            tokens = vec![shell.issue(&[]), shell.issue(&["--user", "owl-two"])];
        }
        ["1", "2"].map(|tenant| {
            let token = if tenant == "1" { &tokens[0] } else { &tokens[1] };
            let trigger = json!({"code": format!("vault{tenant}"), "data": {"secret": text}, "pat": token}).to_string();
            assert!(shell.run_with(&["trigger", "-"], &global, trigger.as_bytes()).expect(0).stderr.contains("1 done"));
            let rows = shell.run_with(&["rows", &format!("vault{tenant}"), "--tenant", tenant], &global, b"").expect(0).lines();
            rows.last().unwrap()["secret"].clone()
        })
    };
    apply(None);
    assert_eq!(secrets("one"), [encrypted(GLOBAL, "one"), encrypted(GLOBAL, "one")]);
    apply(Some(OWN));
    assert_eq!(secrets("two"), [encrypted(GLOBAL, "two"), encrypted(OWN, "two")]);
    apply(Some(OTHER));
    assert_eq!(secrets("three"), [encrypted(GLOBAL, "three"), encrypted(OTHER, "three")]);
}

#[test]
fn a_key_of_the_wrong_length_is_a_mistake_that_shows_no_key() {
    let shell = Shell::new();
    shell.keep_secret("a key that is too short");
    let file = shell.write("tenants.json", tenants(Some(("a key that is too short", OWN.1))));
    for verb in ["lint", "apply"] {
        let refused = shell.run(&[verb, &file]).expect(1);
        let told = refused.stdout + &refused.stderr;
        assert!(told.contains("definition-key-unusable") && told.contains("23 bytes"), "{verb}: {told}");
    }
}

#[test]
fn serving_begins_with_the_keys_that_topics_need() {
    let shell = Shell::new();
    let file = shell.write("tenants.json", tenants(Some(OWN)));
    // applied where there is a key; started where there is none
    let global = [("NIGHTOWL_ENGINE__AES_KEY", GLOBAL.0), ("NIGHTOWL_ENGINE__AES_IV", GLOBAL.1)];
    assert!(!shell.run_with(&["apply", &file], &global, b"").expect(0).stdout.is_empty());
    let refused = shell.run(&["serve", "--listen", "127.0.0.1:0"]).expect(78);
    assert!(refused.stderr.contains("engine.aes_key") && refused.stderr.contains("topic \"vault1\" of tenant \"1\""), "{}", refused.stderr);
}

#[tokio::test]
async fn a_node_that_needs_a_key_gives_its_worker_id_back() {
    let shell = Shell::new();
    let file = shell.write("tenants.json", tenants(Some(OWN)));
    let global = [("NIGHTOWL_ENGINE__AES_KEY", GLOBAL.0), ("NIGHTOWL_ENGINE__AES_IV", GLOBAL.1)];
    assert!(!shell.run_with(&["apply", &file], &global, b"").expect(0).stdout.is_empty());
    let sources = Sources::default().option("storage.url", &format!("sqlite://{}", shell.database().display()));
    let loaded = Loaded::load(&sources).unwrap();
    let options = NodeOptions { require_keys: true, ..NodeOptions::default() };
    let error = Node::open(loaded.settings(), &options).await.unwrap_err();
    assert!(error.to_string().contains("topic \"vault1\" of tenant \"1\""), "{error}");
    let database = rusqlite::Connection::open(shell.database()).unwrap();
    let locked: i64 = database.query_row("SELECT COUNT(*) FROM snowflake_workers WHERE locked = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(locked, 0);
    Node::open(loaded.settings(), &NodeOptions::default()).await.unwrap().close().await.unwrap();
}
