//! How the layers of settings lie on one another, and what is said of each.
#![expect(clippy::expect_used, reason = "a test may stop where it stands")]

use nightowl_config::{Atomicity, ConfigError, Loaded, Origin, Problem, Sources, TopicSync, TraceLevel};

fn load(sources: &Sources) -> Loaded {
    Loaded::load(sources).map_err(|error| error.to_string()).expect("settings that are right")
}

fn refuse(sources: &Sources) -> ConfigError {
    Loaded::load(sources).map(|loaded| loaded.settings().clone()).expect_err("settings that are wrong")
}

fn codes(error: &ConfigError) -> Vec<&'static str> {
    error.problems().iter().map(Problem::code).collect()
}

fn home() -> Sources {
    Sources::default().variable("HOME", "/home/owl").variable("XDG_DATA_HOME", "/home/owl/data")
}

#[test]
fn nothing_set_gives_the_documented_defaults() {
    let loaded = load(&home());
    let settings = loaded.settings();
    assert_eq!(settings.engine.atomicity, Atomicity::Pipeline);
    assert_eq!(settings.engine.group_bytes, 4 * 1024 * 1024);
    assert_eq!(settings.engine.max_depth, 900);
    assert_eq!(settings.engine.date_formats, ["%Y%m%d", "%d%m%Y", "%m%d%Y"]);
    assert_eq!(settings.trace.level, TraceLevel::Monitor);
    assert_eq!(settings.storage.sync, TopicSync::Safe);
    assert_eq!(settings.http.listen, "127.0.0.1:8800");
    assert_eq!(settings.limits.body_bytes, 16 * 1024 * 1024);
    assert!(settings.engine.aes_key.is_none() && settings.auth.rate_per_pat.is_none());
    assert!(loaded.entries().iter().all(|entry| entry.origin == Origin::Default));
    assert!(loaded.is_default("http.listen"));
    if cfg!(target_os = "linux") {
        assert_eq!(settings.storage.url.expose(), "sqlite:///home/owl/data/nightowl/nightowl.db");
    }
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let file = home().text("[engine]\nupdate_retry_times = 4\n");
    let bare = file.clone().variable("PIPELINE_UPDATE_RETRY_TIMES", "5");
    let prefixed = bare.clone().variable("NIGHTOWL_PIPELINE_UPDATE_RETRY_TIMES", "6");
    let option = prefixed.clone().option("engine.update_retry_times", "7");
    for (sources, expected, origin) in [
        (file, 4, "nightowl.toml:2"),
        (bare, 5, "variable PIPELINE_UPDATE_RETRY_TIMES"),
        (prefixed, 6, "variable NIGHTOWL_PIPELINE_UPDATE_RETRY_TIMES"),
        (option, 7, "option engine.update_retry_times"),
    ] {
        let loaded = load(&sources);
        assert_eq!(loaded.settings().engine.update_retry_times, expected);
        let entry = loaded.entries().iter().find(|entry| entry.key == "engine.update_retry_times").unwrap();
        assert_eq!(entry.origin.to_string(), origin);
    }
}

#[test]
fn a_key_has_its_variable_and_some_have_a_short_one() {
    let loaded = load(&home().variable("NIGHTOWL_ENGINE__TIME_ZONE", "Asia/Shanghai").variable("NIGHTOWL_LISTEN", "0.0.0.0:80"));
    assert_eq!(loaded.settings().engine.time_zone.as_deref(), Some("Asia/Shanghai"));
    assert_eq!(loaded.settings().http.listen, "0.0.0.0:80");
}

#[test]
fn every_problem_is_told_at_once() {
    let sources = home()
        .text("[engine]\ntime_zne = \"UTC\"\nmax_loop = \"many\"\n[limits]\njson_depth = 2000\n[colour]\nred = 1\n")
        .variable("NIGHTOWL_ENGIN__MAX_LOOP", "1")
        .variable("PIPELINE_UPDATE_RETRY", "maybe")
        .option("engine.max_queu", "3");
    let error = refuse(&sources);
    assert_eq!(error.exit_code(), 78);
    let text = error.to_string();
    for part in [
        "engine.time_zne (nightowl.toml:2); did you mean engine.time_zone?",
        "\"many\" for engine.max_loop (nightowl.toml:3)",
        "2000 for limits.json_depth (nightowl.toml:5): it must be a whole number from 1 to 1024",
        "colour (nightowl.toml:6)",
        "NIGHTOWL_ENGIN__MAX_LOOP; did you mean NIGHTOWL_ENGINE__MAX_LOOP?",
        "maybe for engine.update_retry (variable PIPELINE_UPDATE_RETRY): it must be true or false",
        "engine.max_queu (option engine.max_queu); did you mean engine.max_queue?",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert_eq!(error.problems().len(), 7);
}

#[test]
fn a_mistake_in_toml_has_its_line_and_hides_nothing() {
    let error = refuse(&home().text("[engine]\nmax_loop = = 3\nmax_depth = true\n"));
    assert!(codes(&error).contains(&"config-file-syntax"), "{error}");
    assert!(error.to_string().contains("nightowl.toml:2"), "{error}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let error = refuse(&home().variable("NIGHTOWL_CONFIG", "/nowhere/nightowl.toml"));
    assert_eq!(codes(&error), ["config-file-unreadable"]);
    load(&Sources { search: true, ..home() });
}

#[test]
fn a_named_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("owl.toml");
    std::fs::write(&path, "[http]\nlisten = \"localhost:1\"\n").unwrap();
    let loaded = load(&Sources { file: Some(path), ..home() });
    assert_eq!(loaded.settings().http.listen, "localhost:1");
}

#[test]
fn an_alias_in_the_file_leads_to_its_key() {
    let error = refuse(&home().text("PIPELINE_RECURSION_LIMIT = 3\n"));
    assert!(error.to_string().contains("did you mean engine.max_depth?"), "{error}");
}

#[test]
fn no_secret_is_shown() {
    let secret = "correct-horse-battery";
    let sources = home()
        .variable("NIGHTOWL_PAT", secret)
        .variable("NIGHTOWL_FIRST_ADMIN_PASSWORD", secret)
        .variable("NIGHTOWL_STORAGE", "postgres://owl:correct-horse-battery@db/owl");
    let loaded = load(&sources);
    let listing = serde_json::to_string(loaded.entries()).unwrap();
    for text in [listing, format!("{loaded:?}"), format!("{sources:?}")] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(loaded.settings().storage.url.expose().contains(secret));
    let error = refuse(&home().variable("ENCRYPT_AES_KEY", secret).variable("NIGHTOWL_STORAGE", "oracle://u:correct-horse-battery@h/d"));
    assert!(!error.to_string().contains(secret), "{error}");
    assert_eq!(codes(&error), ["config-value-wrong", "config-value-wrong"]);
}

#[test]
fn the_reference_builds_the_default_store() {
    let meta = home().variable("META_STORAGE_TYPE", "mysql").variable("META_STORAGE_HOST", "db").variable("META_STORAGE_PASSWORD", "p@ss");
    assert_eq!(load(&meta).settings().storage.url.expose(), "mysql://watchmen:p%40ss@db:3306/watchmen");
    let url = meta.clone().variable("NIGHTOWL_STORAGE", "sqlite::memory:");
    assert_eq!(load(&url).settings().storage.url.expose(), "sqlite::memory:");
    let file = meta.clone().text("[storage]\nurl = \"sqlite::memory:\"\n");
    assert!(load(&file).settings().storage.url.expose().starts_with("mysql://"), "a variable wins over the file");
    let secure = meta.clone().variable("META_STORAGE_SSL", "true").variable("META_STORAGE_SSL_CA", "/ca.pem");
    assert!(load(&secure).settings().storage.url.expose().ends_with("?ssl-mode=VERIFY_CA&ssl-ca=%2Fca.pem"));
    let oracle = meta.variable("META_STORAGE_TYPE", "oracle");
    assert_eq!(codes(&refuse(&oracle)), ["config-not-supported"]);
    assert_eq!(refuse(&oracle).exit_code(), 78);
}

#[test]
fn the_switches_of_the_reference_become_one_setting() {
    let sync = |create: &str, replace: &str| {
        let sources = home().variable("SYNC_TOPIC_TO_STORAGE", create).variable("REPLACE_TOPIC_TO_STORAGE", replace);
        load(&sources).settings().storage.sync
    };
    assert_eq!(sync("true", "false"), TopicSync::Safe);
    assert_eq!(sync("false", ""), TopicSync::Off);
    assert_eq!(sync("", "true"), TopicSync::Force);
    assert_eq!(sync("true", "true"), TopicSync::Force);
    assert_eq!(sync("false", "true"), TopicSync::Off);
    let errors = home().variable("PIPELINE_ERROR_HANDLE_MONITOR_LOG", "1");
    assert_eq!(load(&errors).settings().trace.level, TraceLevel::Errors);
    let full = errors.variable("NIGHTOWL_TRACE__LEVEL", "full");
    assert_eq!(load(&full).settings().trace.level, TraceLevel::Full);
}

#[test]
fn a_worker_id_of_the_reference_counts_without_leases_only() {
    let with_leases = load(&home().variable("SNOWFLAKE_WORKER_ID", "7"));
    assert_eq!(with_leases.settings().snowflake.worker_id, None);
    assert_eq!(with_leases.ignored()[0].name, "SNOWFLAKE_WORKER_ID");
    let without = home().variable("SNOWFLAKE_COMPETITIVE_WORKERS", "false");
    assert_eq!(load(&without).settings().snowflake.worker_id, Some(0));
    assert_eq!(load(&without.variable("SNOWFLAKE_WORKER_ID", "7")).settings().snowflake.worker_id, Some(7));
    assert_eq!(load(&home().text("[snowflake]\nworker_id = 9\n")).settings().snowflake.worker_id, Some(9));
}

#[test]
fn names_without_effect_are_accepted_and_listed() {
    let sources = home()
        .variable("KERNEL_CACHE", "false")
        .variable("NIGHTOWL_SERVERLESS_RUN_TASK_BATCH_SIZE", "10")
        .variable("SAML_ENTITY_ID", "x")
        .variable("PATH", "/bin");
    let loaded = load(&sources);
    let names: Vec<&str> = loaded.ignored().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["KERNEL_CACHE", "NIGHTOWL_SERVERLESS_RUN_TASK_BATCH_SIZE", "SAML_ENTITY_ID"]);
}

#[test]
fn two_names_of_one_rank_must_agree() {
    let twice = home().variable("NIGHTOWL_STORAGE", "sqlite::memory:").variable("NIGHTOWL_STORAGE__URL", "sqlite://a.db");
    assert_eq!(codes(&refuse(&twice)), ["config-value-twice"]);
}

#[test]
fn a_blank_variable_is_not_set() {
    assert!(load(&home().variable("NIGHTOWL_LISTEN", "")).is_default("http.listen"));
}

#[test]
fn published_keys_need_a_clear_word() {
    let pair = home().variable("ENCRYPT_AES_KEY", "hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x").variable("ENCRYPT_AES_IV", "J@NcRfUjXn2r5u8x");
    assert_eq!(codes(&refuse(&pair)), ["config-secret-published"]);
    assert!(load(&pair.variable("ALLOW_DEFAULT_SECRETS", "true")).settings().engine.aes_key.is_some());
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let half = home().variable("ENCRYPT_AES_KEY", "0123456789abcdef0123456789abcdef");
    let saml = home().variable("SSO_ON", "true");
    let oidc = saml.clone().variable("SSO_PROVIDER", "oidc");
    let open = home().variable("CORS_ALLOWED_ORIGINS", "[\"*\"]");
    let header = home().variable("IS_EXTERNAL_AUTH_ENABLED", "true");
    let remote = home().variable("SNOWFLAKE_COMPETITIVE_WORKERS", "0").variable("SNOWFLAKE_REMOTE_ENABLE", "1");
    for (sources, code) in [
        (half, "config-contradiction"),
        (saml, "config-not-supported"),
        (oidc, "config-contradiction"),
        (open, "config-contradiction"),
        (header, "config-contradiction"),
        (remote, "config-contradiction"),
    ] {
        assert_eq!(codes(&refuse(&sources)), [code]);
    }
}

#[test]
fn routes_come_as_tables_or_as_json() {
    let file = home().text("[[event.route]]\nmode = \"payload\"\ncode = \"raw\"\n[event.route.match]\nsource = \"s3\"\n");
    let route = serde_json::json!({"mode": "payload", "code": "raw", "match": {"source": "s3"}});
    assert_eq!(load(&file).settings().event.route, std::slice::from_ref(&route));
    let variable = home().variable("EVENT_ROUTES", &format!("[{route}]"));
    assert_eq!(load(&variable).settings().event.route, [route]);
}

#[test]
fn the_profile_of_qinling_has_times_of_its_own() {
    let qinling = home().variable("FUNCTION_PROFILE", "qinling");
    assert_eq!(load(&home()).settings().function.timeout_seconds, 300);
    assert_eq!(load(&qinling).settings().function.timeout_seconds, 5);
    assert_eq!(load(&qinling.clone().variable("FUNCTION_TIMEOUT_SECONDS", "300")).settings().function.timeout_seconds, 300);
    assert_eq!(refuse(&qinling.variable("FUNCTION_TIMEOUT_SECONDS", "301")).problems().len(), 1);
    assert_eq!(refuse(&home().variable("FUNCTION_PROFILE", "quinling")).problems().len(), 1);
}
