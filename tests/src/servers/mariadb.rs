//! MariaDB, as Debian's package installs it.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::{Running, Server, as_user, detached, folder_of, free_port, keeper, owned_by, program};
use crate::tools::run;

/// A small redo log, so that a server fits a small disk.
const LOG_SIZE: &str = "--innodb-log-file-size=16M";
/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);
/// Makes the user of the tests.
pub(super) const USER: &str = "CREATE USER nightowl@'127.0.0.1' IDENTIFIED BY 'test'; GRANT ALL ON *.* TO nightowl@'127.0.0.1' WITH GRANT OPTION";

/// Starts a server with data of its own.
pub(super) fn start(place: Option<&Path>) -> anyhow::Result<Running> {
    let install = program("mariadb-install-db")?;
    let folder = place.map_or_else(|| folder_of("mysql"), |place| owned_by("mysql", place))?;
    let keeper = keeper(&folder, &folder.join(Server::Mariadb.pid_file()))?;
    let data = format!("--datadir={}", folder.join("data").display());
    let mut command = as_user("mysql", &install)?;
    command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", LOG_SIZE]).arg(&data).arg(temporary(&folder));
    run(&mut command)?;
    let port = free_port()?;
    serve(&folder, port)?;
    wait(&folder, USER)?;
    Ok(Running { url: format!("mysql://nightowl:test@127.0.0.1:{port}"), server: Server::Mariadb, folder, port, _keeper: keeper })
}

/// Serves the data of a folder. A commit is with the operating system when it is answered, so that it outlives the server's
/// process.
pub(super) fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let mut command = as_user("mysql", &program("mariadbd")?)?;
    command
        .args(["--no-defaults", "--bind-address=127.0.0.1", "--max-connections=400", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M"])
        // As where it is installed as a service; a shell allows too few for a hundred processes.
        .args([LOG_SIZE, "--skip-name-resolve", "--open-files-limit=16384"])
        .args(places(folder, port));
    run(&mut detached(&command))
}

/// Where a server of this family has its files, and its port.
pub(super) fn places(folder: &Path, port: u16) -> [String; 6] {
    let option = |name: &str, file: &str| format!("--{name}={}", folder.join(file).display());
    let port = format!("--port={port}");
    [port, option("datadir", "data"), option("socket", "socket"), option("pid-file", "pid"), option("log-error", "log"), temporary(folder)]
}

/// Temporary tables lie in the server's own folder. A server that starts deletes all of them that it finds, those of a server
/// that runs, too, and MariaDB then ends by a segmentation fault in the middle of a query.
pub(super) fn temporary(folder: &Path) -> String {
    format!("--tmpdir={}", folder.display())
}

/// Waits until a server of this family carries a statement out.
pub(super) fn wait(folder: &Path, statement: &str) -> anyhow::Result<()> {
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
