//! PostgreSQL, as Debian's package installs it.

use std::path::Path;
use std::process::Stdio;

use super::{Running, Server, as_user, folder_of, free_port, keeper, owned_by, program};
use crate::tools::run;

/// Starts a server with data of its own.
pub(super) fn start(place: Option<&Path>) -> anyhow::Result<Running> {
    let initdb = program("initdb")?;
    let folder = place.map_or_else(|| folder_of("postgres"), |place| owned_by("postgres", place))?;
    let keeper = keeper(&folder, &folder.join(Server::Postgres.pid_file()))?;
    run(as_user("postgres", &initdb)?.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "-D"]).arg(folder.join("data")))?;
    let port = free_port()?;
    serve(&folder, port)?;
    Ok(Running { url: format!("postgres://postgres@127.0.0.1:{port}"), server: Server::Postgres, folder, port, _keeper: keeper })
}

/// Serves the data of a folder.
pub(super) fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let options = format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=400 -c fsync=off -c shared_buffers=64MB",
        folder.display()
    );
    let pg_ctl = program("pg_ctl")?;
    let mut command = as_user("postgres", &pg_ctl)?;
    command.args(["start", "-w", "-t", "60", "-D"]).arg(folder.join("data")).arg("-l").arg(folder.join("log")).arg("-o").arg(options);
    run(command.stdout(Stdio::null()))
}
