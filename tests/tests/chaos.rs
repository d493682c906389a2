//! Processes are killed and the server is restarted under load; at the end every row is what a serial run gives.
//!
//! `NIGHTOWL_CHAOS_SECONDS` sets how long; `tests/long.d/chaos.sh` asks for minutes.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]
#![expect(clippy::print_stdout, reason = "the figures of a long run")]

use std::time::{Duration, Instant};

use nightowl_tests::race::{Expected, Racer, Target, fire, prepared};
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;

/// How long the trouble lasts in the gate.
const SECONDS: u64 = 4;
/// How many processes fire at once.
const PROCESSES: usize = 3;
/// How many triggers a file has: more than a process fires before it is killed.
const TRIGGERS: usize = 400;
/// How often a file is fired until it is done.
const PATIENCE: usize = 60;

fn seconds() -> Duration {
    Duration::from_secs(std::env::var("NIGHTOWL_CHAOS_SECONDS").map_or(SECONDS, |text| text.parse().unwrap()))
}

/// Fires files, kills who fires them and calls `trouble` every now and then; afterwards every file is fired to its end.
fn chaos(shell: &Shell, url: &str, pat: &str, target: Target, mut trouble: impl FnMut(usize)) {
    let mut expected = Expected::default();
    let mut files: Vec<String> = Vec::new();
    let began = Instant::now();
    let mut round = 0;
    while began.elapsed() < seconds() {
        let mut running: Vec<Racer> = Vec::new();
        for _ in 0..PROCESSES {
            let file = shell.write(&format!("{}.ndjson", files.len()), expected.file(target, files.len(), TRIGGERS));
            running.push(Racer::start(shell, url, pat, &file, &[]));
            files.push(file);
        }
        // Another moment each time: while a process opens its store, in the middle of its file, at its end.
        std::thread::sleep(Duration::from_millis(150 + 370 * (round % 5) as u64));
        let victim = round % PROCESSES;
        running[victim].kill();
        trouble(round);
        for racer in running {
            let outcome = racer.end();
            assert!(matches!(outcome.code, None | Some(0 | 69)), "{outcome:?}");
            shell.assert_clean("stderr", &outcome.stderr);
        }
        round += 1;
    }
    let mut done = 0;
    for file in &files {
        let last = (0..PATIENCE).find_map(|attempt| {
            std::thread::sleep(Duration::from_millis(if attempt == 0 { 0 } else { 500 }));
            Some(fire(shell, url, pat, file)).filter(|outcome| outcome.code == Some(0))
        });
        let counts = last.unwrap().counts();
        assert_eq!(counts.iter().sum::<u64>(), TRIGGERS as u64);
        assert_eq!(counts[1] + counts[2], 0, "{counts:?}");
        done += TRIGGERS;
    }
    expected.assert(shell, url);
    println!("{done} triggers in {} files, {round} kills, {:.0} s", files.len(), began.elapsed().as_secs_f64());
}

async fn on_server(server: Server) {
    let Some(running) = server.own(None) else { return };
    let url = running.fresh().await;
    let shell = Shell::new();
    let pat = prepared(&shell, &url);
    chaos(&shell, &url, &pat, Target::All, |round| {
        if round % 2 == 0 {
            running.kill();
            std::thread::sleep(Duration::from_millis(300));
            running.restart();
        }
    });
}

#[tokio::test]
async fn chaos_on_postgres() {
    on_server(Server::Postgres).await;
}

#[tokio::test]
async fn chaos_on_mariadb() {
    on_server(Server::Mariadb).await;
}

#[tokio::test]
async fn chaos_on_mysql() {
    on_server(Server::Mysql).await;
}

#[test]
fn chaos_on_sqlite() {
    let shell = Shell::new();
    let url = format!("sqlite://{}", shell.database().display());
    let pat = prepared(&shell, &url);
    chaos(&shell, &url, &pat, Target::All, |_| {});
}
