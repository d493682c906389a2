//! How the pools of a server are kept.

use std::time::Duration;

/// How a store on a server is opened (storage.md §9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// How many connections work at most for units of work.
    pub connections: u32,
    /// How many connections read META and traces at most, so that they never wait for units of work.
    pub read_connections: u32,
    /// How long a job waits for a connection.
    pub acquire_timeout: Duration,
    /// Whether connections are kept after a job; function platforms may want none.
    pub keep: bool,
    /// How old a connection grows.
    pub lifetime: Duration,
    /// How long a statement waits for a lock.
    pub lock_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
}

/// How much longer than the server we wait for the end of a statement.
const GRACE: Duration = Duration::from_secs(5);

impl ServerOptions {
    /// How long a statement is waited for at most: longer than the server lets it run.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.statement_timeout + GRACE
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections: 15,
            read_connections: 5,
            acquire_timeout: Duration::from_secs(30),
            keep: true,
            lifetime: Duration::from_secs(3_600),
            lock_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(60),
        }
    }
}
