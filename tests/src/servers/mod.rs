//! Database servers of our own for tests: started once for a test process, each in a folder and on a port of its own, and
//! stopped when the process ends, however it ends. Each test gets a schema or database of its own.
//!
//! Where a server can not be had, its tests say so in a line that begins with `skipped: `, which `tests/run` counts.

#![expect(clippy::expect_used, reason = "a test ends where a server does not do as it should")]

mod mariadb;
mod mysql;
mod postgres;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use nightowl_storage::{Store, StoreOptions};

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// The URL up to the database's name.
    url: String,
    server: Server,
    folder: PathBuf,
    port: u16,
    /// When its input closes with this process, it stops the server by its id and removes the folder.
    _keeper: Child,
}

/// Where files are kept in memory.
const MEMORY: &str = "/dev/shm";

static POSTGRES: OnceLock<Result<Running, String>> = OnceLock::new();
static MARIADB: OnceLock<Result<Running, String>> = OnceLock::new();
static MYSQL: OnceLock<Result<Running, String>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

impl Server {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Mariadb, Self::Mysql];

    /// The URL of an empty schema or database for one test. None where the server can not be had; then a line says so.
    pub async fn fresh(self) -> Option<String> {
        let started = match self {
            Self::Postgres => &POSTGRES,
            Self::Mariadb => &MARIADB,
            Self::Mysql => &MYSQL,
        };
        let started = started.get_or_init(|| self.start(None).map_err(|error| format!("{error:#}")));
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let made = match started {
            Ok(running) => self.make(running, &name).await,
            Err(error) => Err(anyhow::anyhow!("{error}")),
        };
        match made {
            Ok(url) => Some(url),
            Err(error) => {
                skipped(&format!("no {self:?} can be had: {error:#}"));
                None
            }
        }
    }

    /// The URL of the whole server: for what makes schemas or databases itself.
    pub async fn whole(self) -> Option<String> {
        let fresh = self.fresh().await?;
        Some(match self {
            Self::Postgres => fresh.split('?').next().unwrap_or_default().to_owned(),
            Self::Mariadb | Self::Mysql => fresh,
        })
    }

    /// A server for one test alone, which may be stopped and started; its data lie in a folder of its own, or in `folder`.
    /// None where it can not be had; then a line says so.
    pub fn own(self, folder: Option<&Path>) -> Option<Running> {
        self.start(folder).map_err(|error| skipped(&format!("no {self:?} can be had: {error:#}"))).ok()
    }

    fn start(self, place: Option<&Path>) -> anyhow::Result<Running> {
        match self {
            Self::Postgres => postgres::start(place),
            Self::Mariadb => mariadb::start(place),
            Self::Mysql => mysql::start(place),
        }
    }

    /// Where a server keeps the id of its process.
    const fn pid_file(self) -> &'static str {
        match self {
            Self::Postgres => "data/postmaster.pid",
            Self::Mariadb | Self::Mysql => "pid",
        }
    }

    async fn make(self, running: &Running, name: &str) -> anyhow::Result<String> {
        let (whole, statement, url) = match self {
            Self::Postgres => {
                let whole = format!("{}/postgres", running.url);
                (whole.clone(), format!("CREATE SCHEMA {name}"), format!("{whole}?options=-csearch_path%3D{name}"))
            }
            Self::Mariadb | Self::Mysql => {
                (format!("{}/mysql", running.url), format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"), format!("{}/{name}", running.url))
            }
        };
        let store = Store::open(&whole, &StoreOptions::default())?;
        store.write(move |session| Box::pin(async move { session.execute(&statement, &[]).await })).await??;
        store.close().await?;
        Ok(url)
    }
}

/// Says that the test that runs can not be done here; `tests/run` counts such lines.
pub fn skipped(reason: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Not by a macro, whose output the test harness keeps to itself.
    std::io::stderr().write_all(format!("skipped: {test}: {reason}\n").as_bytes()).ok();
}

impl Running {
    /// The URL of an empty schema or database.
    pub async fn fresh(&self) -> String {
        let name = format!("own_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.server.make(self, &name).await.expect("the server runs")
    }

    /// Ends the server at once, as a power failure would.
    pub fn kill(&self) {
        let text = std::fs::read_to_string(self.folder.join(self.server.pid_file())).expect("the server runs");
        let pid = text.lines().next().expect("the file holds its id").trim().to_owned();
        // A killed PostgreSQL leaves its children behind, so it is told to end without a word to anybody.
        let signal = if self.server == Server::Postgres { "-QUIT" } else { "-KILL" };
        assert!(Command::new("kill").args([signal, &pid]).status().is_ok_and(|status| status.success()));
        while Path::new("/proc").join(&pid).exists() {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again with the same data and on the same port.
    pub fn restart(&self) {
        let started = match self.server {
            Server::Postgres => postgres::serve(&self.folder, self.port),
            Server::Mariadb => mariadb::serve(&self.folder, self.port).and_then(|()| mariadb::wait(&self.folder, "SELECT 1")),
            Server::Mysql => mysql::serve(&self.folder, self.port).and_then(|()| mariadb::wait(&self.folder, "SELECT 1")),
        };
        started.expect("the server starts again");
    }
}

/// A program by its name, or where Debian keeps it out of the path.
pub(crate) fn program(name: &str) -> anyhow::Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    folders.push("/usr/sbin".into());
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file()).with_context(|| format!("there is no {name} on this machine"))
}

/// A command as the user that the server wants, since root may not run it.
fn as_user(user: &str, program: &Path) -> anyhow::Result<Command> {
    let root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
    if !root {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program);
    Ok(command)
}

/// A program that serves until it is stopped, and is nobody's child, so that nothing of it is left when it ends.
fn detached(program: &Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#""$@" </dev/null >/dev/null 2>&1 &"#, "sh"]).arg(program.get_program()).args(program.get_args());
    command
}

/// A folder that the user owns, in memory where there is much of it: what is tested is the death of a process, not of the
/// machine.
fn folder_of(user: &str) -> anyhow::Result<PathBuf> {
    let free = Command::new("df").args(["--output=avail", "--block-size=1G", MEMORY]).output().ok();
    let gibibytes = free.and_then(|output| String::from_utf8_lossy(&output.stdout).lines().last()?.trim().parse::<u64>().ok());
    let place = if gibibytes.is_some_and(|free| free >= 4) { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
    owned_by(user, &tempfile::Builder::new().prefix("nightowl-server-").tempdir_in(place)?.keep())
}

fn owned_by(user: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    Command::new("chown").arg(user).arg(folder).stderr(Stdio::null()).status()?;
    Ok(folder.to_owned())
}

pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Starts what runs `stop` when this process has ended.
pub(crate) fn keeper(folder: &Path, pid_file: &Path) -> anyhow::Result<Child> {
    let script = r#"cat >/dev/null; pid=$(head -n 1 "$2" 2>/dev/null); [ -z "$pid" ] || kill -INT "$pid" 2>/dev/null || true
        for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
        kill -KILL "$pid" 2>/dev/null; rm -rf "$1""#;
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", script, "sh"]).arg(folder).arg(pid_file);
    Ok(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}
