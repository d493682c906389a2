//! Database servers of our own for tests: started once for a test process, each in a folder and on a port of its own, and
//! stopped when the process ends, however it ends. Each test gets a schema or database of its own.
//!
//! Where a server can not be had, its tests say so in a line that begins with `skipped: `, which `tests/run` counts.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nightowl_storage::{Store, StoreOptions};

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
struct Running {
    /// The URL up to the database's name.
    url: String,
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
            Self::Postgres => POSTGRES.get_or_init(|| start_postgres().map_err(|error| format!("{error:#}"))),
            Self::Mariadb => MARIADB.get_or_init(|| start_mariadb().map_err(|error| format!("{error:#}"))),
        };
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let made = match started {
            Ok(running) => self.make(running, &name).await,
            Err(error) => Err(anyhow::anyhow!("{error}")),
        };
        match made {
            Ok(url) => Some(url),
            Err(error) => {
                let test = thread::current().name().unwrap_or("a test").to_owned();
                // Not by a macro, whose output the test harness keeps to itself.
                let line = format!("skipped: {test}: no {self:?} can be had: {error:#}\n");
                std::io::stderr().write_all(line.as_bytes()).ok();
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

/// A program by its name, or where Debian keeps it out of the path.
fn program(name: &str) -> anyhow::Result<PathBuf> {
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
    let folder = tempfile::Builder::new().prefix("nightowl-server-").tempdir()?.keep();
    Command::new("chown").arg(user).arg(&folder).stderr(Stdio::null()).status()?;
    Ok(folder)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?} can not be run", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?} failed: {}", command.get_program(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Starts what runs `stop` when this process has ended.
fn keeper(folder: &Path, pid_file: &Path) -> anyhow::Result<Child> {
    let script = r#"cat >/dev/null; pid=$(head -n 1 "$2" 2>/dev/null); [ -z "$pid" ] || kill -INT "$pid" 2>/dev/null || true
        for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
        kill -KILL "$pid" 2>/dev/null; rm -rf "$1""#;
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", script, "sh"]).arg(folder).arg(pid_file);
    Ok(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn start_postgres() -> anyhow::Result<Running> {
    let (initdb, pg_ctl) = (program("initdb")?, program("pg_ctl")?);
    let folder = folder_of("postgres")?;
    let data = folder.join("data");
    let keeper = keeper(&folder, &data.join("postmaster.pid"))?;
    run(as_user("postgres", &initdb)?.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"]).arg(&data))?;
    let port = free_port()?;
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400 -c fsync=off -c shared_buffers=64MB",
        folder.display()
    );
    let log = folder.join("log");
    run(as_user("postgres", &pg_ctl)?.args(["start", "-w", "-t", "60", "-D"]).arg(&data).arg("-l").arg(&log).arg("-o").arg(options).stdout(Stdio::null()))?;
    Ok(Running { url: format!("postgres://postgres@127.0.0.1:{port}"), _keeper: keeper })
}

fn start_mariadb() -> anyhow::Result<Running> {
    let (install, server, client) = (program("mariadb-install-db")?, program("mariadbd")?, program("mariadb")?);
    let folder = folder_of("mysql")?;
    let (data, socket, pid_file) = (folder.join("data"), folder.join("socket"), folder.join("pid"));
    let keeper = keeper(&folder, &pid_file)?;
    let data_option = format!("--datadir={}", data.display());
    run(as_user("mysql", &install)?.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]).arg(&data_option))?;
    let port = free_port()?;
    as_user("mysql", &server)?
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--max-connections=400", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M"])
        .arg(&data_option)
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--pid-file={}", pid_file.display()))
        .arg(format!("--log-error={}", folder.join("log").display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let grant = "CREATE USER nightowl@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO nightowl@'127.0.0.1' WITH GRANT OPTION";
    let began = Instant::now();
    loop {
        let mut made = Command::new(&client);
        made.args(["--no-defaults", "-u", "root", "-e", grant]).arg(format!("--socket={}", socket.display()));
        match run(&mut made) {
            Ok(()) => break,
            Err(error) if began.elapsed() > START => return Err(error.context("the server did not start")),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
    Ok(Running { url: format!("mysql://nightowl:test@127.0.0.1:{port}"), _keeper: keeper })
}
