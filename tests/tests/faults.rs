//! Faults of real servers: no trigger is lost, none is there twice, waiting has an end, the error says what happened, and
//! service goes on when the fault is gone.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::time::{Duration, Instant};

use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::port::StoreError;
use nightowl_storage::{ServerOptions, Store, StoreOptions};
use nightowl_tests::proxy::{Cut, Proxy};
use nightowl_tests::race::{Expected, Racer, Target, fire, prepared};
use nightowl_tests::servers::Server;
use nightowl_tests::shell::Shell;

const SERVERS: [Server; 3] = Server::ALL;
/// How many triggers a file of these tests has.
const TRIGGERS: usize = 60;
/// What every trigger's row holds: what comes behind it belongs to the work of triggers.
const AT_WORK: &str = "\"amount\"";
/// A value that only the written sums have in their key.
const WRITTEN: &str = "k7";

/// A connection is cut in the middle of a statement, before its COMMIT arrives, and after it, when only the answer is lost.
async fn cut(server: Server, cut: Cut, at: &str) {
    let Some(url) = server.fresh().await else { return };
    let shell = Shell::new();
    let pat = prepared(&shell, &url);
    let mut expected = Expected::default();
    let file = shell.write("triggers.ndjson", expected.file(Target::Hot, 0, TRIGGERS));
    let (proxy, through) = Proxy::to(&url).await;
    proxy.cut(cut, AT_WORK, at);
    let racer = Racer::start(&shell, &through, &pat, &file, &["--set", "storage.statement_timeout_seconds=2"]);
    let ended = tokio::task::spawn_blocking(|| racer.end()).await.unwrap().expect(0);
    assert_eq!(proxy.cuts(), 1, "{server:?} {cut:?}: the moment did not come");
    assert_eq!(ended.counts(), [TRIGGERS as u64, 0, 0, 0], "{server:?} {cut:?} at {at}: {}", ended.stderr);
    expected.assert(&shell, &url);
    let again = fire(&shell, &url, &pat, &file).expect(0);
    assert_eq!(again.counts(), [0, 0, 0, TRIGGERS as u64]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_at_its_commit_loses_and_doubles_nothing() {
    for server in SERVERS {
        // A group's one statement is its own commit on PostgreSQL.
        let commit = match server {
            Server::Postgres => WRITTEN,
            Server::Mariadb | Server::Mysql => "COMMIT",
        };
        for how in Cut::ALL {
            cut(server, how, commit).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_in_a_statement_loses_and_doubles_nothing() {
    for server in SERVERS {
        for how in [Cut::Before, Cut::Within, Cut::AnswerLost] {
            cut(server, how, WRITTEN).await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_noticed_soon() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap().port();
    for scheme in ["postgres", "mysql"] {
        for (port, longest) in [(1, 3), (silent, 9)] {
            let store = Store::open(&format!("{scheme}://user:secret@127.0.0.1:{port}/db"), &StoreOptions::default()).unwrap();
            let began = Instant::now();
            let error = store.write(|_| Box::pin(async {})).await.unwrap_err();
            assert_eq!((error.code(), error.class()), ("storage-connection-failed", ErrorClass::Retry), "{error}");
            assert!(began.elapsed() < Duration::from_secs(longest), "{scheme} {port}: after {:?}", began.elapsed());
            assert!(!format!("{store:?} {error}").contains("secret"));
        }
    }
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_waited_for_no_longer_than_its_bound() {
    for server in SERVERS {
        let Some(url) = server.fresh().await else { continue };
        let options = StoreOptions {
            server: ServerOptions { connections: 1, acquire_timeout: Duration::from_millis(1_500), ..ServerOptions::default() },
            ..StoreOptions::default()
        };
        let store = Store::open(&url, &options).unwrap();
        let (let_go, held) = tokio::sync::oneshot::channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let holder = tokio::spawn({
            let store = store.clone();
            async move {
                let job = store.write(move |_| {
                    Box::pin(async move {
                        began.send(()).unwrap();
                        held.await.unwrap();
                    })
                });
                job.await
            }
        });
        begun.await.unwrap();
        let error = store.write(|_| Box::pin(async {})).await.unwrap_err();
        assert_eq!((error.code(), error.class()), ("storage-timeout", ErrorClass::Retry), "{server:?}: {error}");
        assert!(store.read(|_| Box::pin(async {})).await.is_ok(), "readers have connections of their own");
        let_go.send(()).unwrap();
        holder.await.unwrap().unwrap();
        assert!(store.write(|_| Box::pin(async {})).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_never_given_back_ends_in_an_error_and_nothing_else() {
    for server in SERVERS {
        let Some(url) = server.fresh().await else { continue };
        let shell = Shell::new();
        let pat = prepared(&shell, &url);
        let mut expected = Expected::default();
        let files = [0, 1].map(|process| shell.write(&format!("{process}.ndjson"), expected.file(Target::Kept, process, TRIGGERS)));
        let first = fire(&shell, &url, &pat, &files[0]).expect(0);
        assert_eq!(first.counts()[0], TRIGGERS as u64);
        let somebody = Store::open(&url, &StoreOptions::default()).unwrap();
        let (let_go, held) = tokio::sync::oneshot::channel::<()>();
        let (has, had) = tokio::sync::oneshot::channel();
        let holder = tokio::spawn(async move {
            let job = somebody.write(move |session| {
                Box::pin(async move {
                    session.execute(session.dialect().begin(), &[]).await?;
                    session.execute("UPDATE topic_kept SET readings = readings", &[]).await?;
                    has.send(()).unwrap();
                    held.await.unwrap();
                    session.execute("ROLLBACK", &[]).await
                })
            });
            job.await
        });
        had.await.unwrap();
        let began = Instant::now();
        let racer = Racer::start(&shell, &url, &pat, &files[1], &["--set", "storage.lock_timeout_seconds=1"]);
        let ended = tokio::task::spawn_blocking(|| racer.end()).await.unwrap().expect(69).saying("storage-lock-not-available");
        assert!(began.elapsed() < Duration::from_secs(60), "{server:?}: after {:?}: {}", began.elapsed(), ended.stderr);
        let_go.send(()).unwrap();
        holder.await.unwrap().unwrap().unwrap();
        let again = fire(&shell, &url, &pat, &files[1]).expect(0);
        assert_eq!(again.counts().iter().sum::<u64>(), TRIGGERS as u64);
        expected.assert(&shell, &url);
    }
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_nothing_is_half_there() {
    for server in SERVERS {
        let Some(disk) = disk::Small::mounted() else { return };
        let Some(running) = server.own(Some(disk.path())) else { continue };
        let url = running.fresh().await;
        let shell = Shell::new();
        let pat = prepared(&shell, &url);
        let mut expected = Expected::default();
        let files = [0, 1].map(|process| shell.write(&format!("{process}.ndjson"), expected.file(Target::Kept, process, 2_000)));
        assert_eq!(fire(&shell, &url, &pat, &files[0]).expect(0).counts()[0], 2_000);
        disk.fill();
        let full = fire(&shell, &url, &pat, &files[1]);
        assert!(matches!(full.code, Some(0 | 69)), "{full:?}");
        disk.empty();
        // A server that ended over it is started by its operator.
        let store = Store::open(&url, &StoreOptions::default()).unwrap();
        if store.write(|_| Box::pin(async {})).await.is_err() {
            running.restart();
        }
        let mut again = fire(&shell, &url, &pat, &files[1]);
        for _ in 0..20 {
            if again.code == Some(0) {
                break;
            }
            std::thread::sleep(Duration::from_millis(500));
            again = fire(&shell, &url, &pat, &files[1]);
        }
        assert_eq!(again.expect(0).counts().iter().sum::<u64>(), 2_000);
        expected.assert(&shell, &url);
        running.kill();
    }
}

/// An error that comes from a full disk ends the process; what it means is in its class.
#[test]
fn a_full_disk_is_fatal() {
    assert_eq!(StoreError::DiskFull { reason: String::new() }.class(), ErrorClass::Fatal);
}

mod disk {
    //! A disk that can be filled.

    use std::path::Path;
    use std::process::Command;

    use nightowl_tests::servers::skipped;
    use tempfile::TempDir;

    /// A small file system in memory; it goes with this value.
    pub(super) struct Small {
        folder: TempDir,
    }

    impl Small {
        /// Mounts one. None where this machine does not allow it; then a line says so.
        pub(super) fn mounted() -> Option<Self> {
            let folder = tempfile::tempdir().unwrap();
            let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=220m,mode=755", "none"]).arg(folder.path()).output();
            match mounted {
                Ok(done) if done.status.success() => Some(Self { folder }),
                _ => {
                    skipped("no small disk can be mounted");
                    None
                }
            }
        }

        pub(super) fn path(&self) -> &Path {
            self.folder.path()
        }

        /// Leaves no byte free.
        pub(super) fn fill(&self) {
            let filler = format!("of={}", self.folder.path().join("filler").display());
            drop(Command::new("dd").args(["if=/dev/zero", "bs=64k", &filler]).output());
        }

        /// Gives the space back.
        pub(super) fn empty(&self) {
            std::fs::remove_file(self.folder.path().join("filler")).unwrap();
        }
    }

    impl Drop for Small {
        fn drop(&mut self) {
            drop(Command::new("umount").arg("-l").arg(self.folder.path()).output());
        }
    }
}
