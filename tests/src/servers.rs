//! Database servers of our own for tests: started once for a test process, each in a folder and on a port of its own, and
//! stopped when the process ends, however it ends. Each test gets a schema or database of its own.
//!
//! Where a server can not be had, its tests say so in a line that begins with `skipped: `, which `tests/run` counts.

#![expect(clippy::expect_used, reason = "a test ends where a server does not do as it should")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nightowl_storage::{Store, StoreOptions};

use crate::tools::run;

/// A small redo log, so that a server fits a small disk.
const LOG_SIZE: &str = "--innodb-log-file-size=16M";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
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

static POSTGRES: OnceLock<Result<Running, String>> = OnceLock::new();
static MARIADB: OnceLock<Result<Running, String>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(1);

impl Server {
    /// The URL of an empty schema or database for one test. None where the server can not be had; then a line says so.
    pub async fn fresh(self) -> Option<String> {
        let started = match self {
            Self::Postgres => POSTGRES.get_or_init(|| start_postgres(None).map_err(|error| format!("{error:#}"))),
            Self::Mariadb => MARIADB.get_or_init(|| start_mariadb(None).map_err(|error| format!("{error:#}"))),
        };
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
            Self::Mariadb => fresh,
        })
    }

    /// A server for one test alone, which may be stopped and started; its data lie in a folder of its own, or in `folder`.
    /// None where it can not be had; then a line says so.
    pub fn own(self, folder: Option<&Path>) -> Option<Running> {
        let started = match self {
            Self::Postgres => start_postgres(folder),
            Self::Mariadb => start_mariadb(folder),
        };
        started.map_err(|error| skipped(&format!("no {self:?} can be had: {error:#}"))).ok()
    }

    async fn make(self, running: &Running, name: &str) -> anyhow::Result<String> {
        let (whole, statement, url) = match self {
            Self::Postgres => {
                let whole = format!("{}/postgres", running.url);
                (whole.clone(), format!("CREATE SCHEMA {name}"), format!("{whole}?options=-csearch_path%3D{name}"))
            }
            Self::Mariadb => (format!("{}/mysql", running.url), format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"), format!("{}/{name}", running.url)),
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
        let pid_file = match self.server {
            Server::Postgres => self.folder.join("data/postmaster.pid"),
            Server::Mariadb => self.folder.join("pid"),
        };
        let text = std::fs::read_to_string(pid_file).expect("the server runs");
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
            Server::Postgres => serve_postgres(&self.folder, self.port),
            Server::Mariadb => serve_mariadb(&self.folder, self.port).and_then(|()| wait_for_mariadb(&self.folder, "SELECT 1")),
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

/// A folder that the user owns.
fn folder_of(user: &str) -> anyhow::Result<PathBuf> {
    owned_by(user, &tempfile::Builder::new().prefix("nightowl-server-").tempdir()?.keep())
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

fn start_postgres(place: Option<&Path>) -> anyhow::Result<Running> {
    let initdb = program("initdb")?;
    let folder = place.map_or_else(|| folder_of("postgres"), |place| owned_by("postgres", place))?;
    let data = folder.join("data");
    let keeper = keeper(&folder, &data.join("postmaster.pid"))?;
    run(as_user("postgres", &initdb)?.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"]).arg(&data))?;
    let port = free_port()?;
    serve_postgres(&folder, port)?;
    Ok(Running { url: format!("postgres://postgres@127.0.0.1:{port}"), server: Server::Postgres, folder, port, _keeper: keeper })
}

fn serve_postgres(folder: &Path, port: u16) -> anyhow::Result<()> {
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400 -c fsync=off -c shared_buffers=64MB",
        folder.display()
    );
    let (data, log) = (folder.join("data"), folder.join("log"));
    let pg_ctl = program("pg_ctl")?;
    run(as_user("postgres", &pg_ctl)?.args(["start", "-w", "-t", "60", "-D"]).arg(&data).arg("-l").arg(&log).arg("-o").arg(options).stdout(Stdio::null()))
}

fn start_mariadb(place: Option<&Path>) -> anyhow::Result<Running> {
    let install = program("mariadb-install-db")?;
    let folder = place.map_or_else(|| folder_of("mysql"), |place| owned_by("mysql", place))?;
    let keeper = keeper(&folder, &folder.join("pid"))?;
    let data = format!("--datadir={}", folder.join("data").display());
    run(as_user("mysql", &install)?.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", LOG_SIZE]).arg(&data))?;
    let port = free_port()?;
    serve_mariadb(&folder, port)?;
    let grant = "CREATE USER nightowl@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO nightowl@'127.0.0.1' WITH GRANT OPTION";
    wait_for_mariadb(&folder, grant)?;
    Ok(Running { url: format!("mysql://nightowl:test@127.0.0.1:{port}"), server: Server::Mariadb, folder, port, _keeper: keeper })
}

/// A commit is with the operating system when it is answered, so that it outlives the server's process.
fn serve_mariadb(folder: &Path, port: u16) -> anyhow::Result<()> {
    as_user("mysql", &program("mariadbd")?)?
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--max-connections=400", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M"])
        // As where it is installed as a service; a shell allows too few for a hundred processes.
        .args([LOG_SIZE, "--skip-name-resolve", "--open-files-limit=16384"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--log-error={}", folder.join("log").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(())
}

/// Waits until a MariaDB carries a statement out.
fn wait_for_mariadb(folder: &Path, statement: &str) -> anyhow::Result<()> {
    let client = program("mariadb")?;
    let began = Instant::now();
    loop {
        let mut made = Command::new(&client);
        made.args(["--no-defaults", "-u", "root", "-e", statement]).arg(format!("--socket={}", folder.join("socket").display()));
        match run(&mut made) {
            Ok(()) => return Ok(()),
            Err(error) if began.elapsed() > START => return Err(error.context("the server did not start")),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}
