//! An object with 10,000 envelopes, one of them bad, in the middle of which the process is killed: the event comes again
//! and ends with 9,999 rows and one dead letter.

use std::time::{Duration, Instant};

use nightowl_tests::emulators;
use nightowl_tests::shell::Shell;
use rusqlite::{Connection, OpenFlags};

use super::house::{counts, envelope, house, letters, local, put, s3_event, take, taker};

/// How many envelopes.
const ENVELOPES: u64 = 10_000;
/// Which one is bad.
const BAD: u64 = 7_000;
/// How long rows are waited for.
const PATIENCE: Duration = Duration::from_secs(120);

fn content(token: &str) -> String {
    let mut text = String::new();
    for number in 1..=ENVELOPES {
        let line = envelope(&number.to_string(), token).to_string();
        text.push_str(if number == BAD { line.trim_end_matches('}') } else { &line });
        text.push('\n');
    }
    text
}

/// How many rows there are by now.
fn rows(shell: &Shell) -> u64 {
    let Ok(connection) = Connection::open_with_flags(shell.database(), OpenFlags::SQLITE_OPEN_READ_ONLY) else { return 0 };
    let count: i64 = connection.query_row("SELECT count(*) FROM topic_raw_order", [], |row| row.get(0)).unwrap_or(0);
    u64::try_from(count).unwrap()
}

fn kill_and_deliver_again(shell: &Shell, variables: &[(String, String)], bucket: &str) {
    let event = s3_event(bucket, &[("all.ndjson", "1")]);
    for enough in [1, 4_000] {
        let mut process = taker(shell, variables, &event);
        let began = Instant::now();
        while rows(shell) < enough {
            assert!(began.elapsed() < PATIENCE, "rows are being written");
            std::thread::sleep(Duration::from_millis(2));
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let kept = rows(shell);
        assert!((enough..ENVELOPES - 1).contains(&kept), "it was killed in the middle: {kept}");
    }
    let kept = rows(shell);
    let [succeeded, failed, bad, ignored, skipped] = counts(&take(shell, variables, &event).expect(0));
    assert_eq!((failed, bad, ignored, skipped), (0, 1, 0, kept), "what was committed is skipped by its key");
    assert_eq!(succeeded + skipped, ENVELOPES - 1);
    assert_eq!((rows(shell), letters(shell).len()), (ENVELOPES - 1, 1));
    assert_eq!(letters(shell)[0]["deliveryKey"], format!("{bucket}/all.ndjson@1#{BAD}"));
    assert_eq!(counts(&take(shell, variables, &event).expect(0)), [0, 0, 1, 0, ENVELOPES - 1]);
    assert_eq!(letters(shell).len(), 1);
}

#[test]
fn in_a_folder() {
    let (shell, token) = house("");
    put(&shell, "landing", "all.ndjson", content(&token));
    kill_and_deliver_again(&shell, &local(), "landing");
}

#[test]
fn in_s3() {
    let Some(emulator) = emulators::aws() else { return };
    let (shell, token) = house("");
    emulator.make_bucket("killed");
    emulator.s3("PUT", "/killed/all.ndjson", &content(&token));
    kill_and_deliver_again(&shell, &emulator.aws_variables(), "killed");
}
