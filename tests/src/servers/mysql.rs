//! MySQL, of Debian's unstable suite: with the libraries it was built with, and without being installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Running, Server, detached, folder_of, free_port, keeper, mariadb};
use crate::tools::{self, run};

/// The package with the server.
const PACKAGE: &str = "mysql-server-core";

/// Starts a server with data of its own: a copy of data that were made once.
pub(super) fn start(place: Option<&Path>) -> anyhow::Result<Running> {
    let made = root()?;
    let folder = place.map_or_else(|| folder_of("root"), |place| Ok(place.to_owned()))?;
    let keeper = keeper(&folder, &folder.join(Server::Mysql.pid_file()))?;
    run(Command::new("cp").arg("-r").arg(made.join("data")).arg(folder.join("data")))?;
    // Each server has an identity of its own.
    std::fs::remove_file(folder.join("data/auto.cnf")).ok();
    let port = free_port()?;
    serve(&folder, port)?;
    mariadb::wait(&folder, mariadb::USER)?;
    Ok(Running { url: format!("mysql://nightowl:test@127.0.0.1:{port}"), server: Server::Mysql, folder, port, _keeper: keeper })
}

/// Serves the data of a folder, with the same promise as MariaDB.
pub(super) fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let mut command = server(&root()?);
    command
        .args(["--bind-address=127.0.0.1", "--max-connections=400", "--innodb-flush-log-at-trx-commit=2", "--innodb-buffer-pool-size=128M"])
        .args(["--innodb-redo-log-capacity=16M", "--skip-name-resolve", "--open-files-limit=16384", "--skip-log-bin", "--mysqlx=OFF"])
        .args(["--secure-file-priv=", "--performance-schema=OFF"])
        .args(mariadb::places(folder, port));
    run(&mut detached(&command))
}

/// The folder with the server, its libraries and empty data.
fn root() -> anyhow::Result<PathBuf> {
    tools::debian("mysql", PACKAGE, |root| {
        let data = format!("--datadir={}", root.join("data").display());
        run(server(root).args(["--initialize-insecure", "--innodb-redo-log-capacity=16M"]).arg(data).arg(mariadb::temporary(root)))
    })
}

/// The server, run by the loader that it was built for; as root, who owns the folder of the tools.
fn server(root: &Path) -> Command {
    let under = |path: &str| -> PathBuf { root.join(path) };
    let mut command = Command::new(under("usr/lib64/ld-linux-x86-64.so.2"));
    command.arg("--library-path").arg(under("usr/lib/x86_64-linux-gnu")).arg(under("usr/sbin/mysqld"));
    command.args(["--no-defaults", "--user=root"]);
    command.arg(format!("--basedir={}", under("usr").display())).arg(format!("--lc-messages-dir={}", under("usr/share/mysql").display()));
    command
}
