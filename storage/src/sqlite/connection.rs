//! Opening a file, with everything that can be wrong with it told apart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nightowl_core::port::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{error, functions};

/// How many prepared statements a connection keeps.
const PREPARED_STATEMENTS: usize = 1_024;

/// How much of a file a connection keeps in memory, in KiB. SQLite's own 2 MB are less than a group of triggers changes, so
/// pages would be written to the log before the commit and read again.
const CACHE_KIB: i64 = 32 * 1024;

/// How surely a commit is on the disk (`storage.sqlite_synchronous`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// Every commit survives a power failure.
    #[default]
    Full,
    /// The last commits may be lost when the power fails; never half of one.
    Normal,
}

/// How a SQLite store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How surely a commit is on the disk.
    pub synchronous: Synchronous,
    /// How long to wait for a lock of another process.
    pub busy_timeout: Duration,
    /// Whether a missing file is made.
    pub create: bool,
    /// How many jobs may wait for the writer before callers wait with them.
    pub queue: usize,
    /// The size of the file at most, in pages; 0 leaves it to the disk.
    pub max_pages: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { synchronous: Synchronous::Full, busy_timeout: Duration::from_secs(10), create: true, queue: 256, max_pages: 0 }
    }
}

/// Where a store lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In memory, gone when the last handle is closed.
    Memory,
    /// In a file.
    File(PathBuf),
}

impl Place {
    /// The place that a URL (`sqlite://path`, `sqlite::memory:`) or a path names.
    pub fn parse(url_or_path: &str) -> Self {
        let path = url_or_path.strip_prefix("sqlite://").or_else(|| url_or_path.strip_prefix("sqlite:")).unwrap_or(url_or_path);
        match path {
            ":memory:" => Self::Memory,
            path => Self::File(PathBuf::from(path)),
        }
    }
}

/// Opens the connection that writes.
pub(super) fn open_writer(place: &Place, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = match place {
        Place::Memory => Connection::open_in_memory().map_err(|error| error::opening(":memory:", &error))?,
        Place::File(path) => open_file(path, options)?,
    };
    let name = name_of(place);
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    prepare(&connection, options)
        .and_then(|()| connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())))
        .and_then(|()| connection.pragma_update(None, "synchronous", synchronous))
        .and_then(|()| connection.pragma_update(None, "foreign_keys", "ON"))
        .and_then(|()| match options.max_pages {
            0 => Ok(()),
            pages => connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())),
        })
        // Nothing of a file is read before its first statement, so this is what finds out whether it is a database.
        .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())))
        .map_err(|error| error::opening(&name, &error))?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let name = path.display().to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| error::opening(&name, &error))?;
    prepare(&connection, options).map_err(|error| error::opening(&name, &error))?;
    Ok(connection)
}

fn open_file(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(StoreError::NotADatabase { reason: format!("{name} is a directory; name a file in it") });
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(StoreError::NotADatabase { reason: format!("the folder {} of {name} does not exist; make it first", folder.display()) });
    }
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    } else if !path.exists() {
        return Err(StoreError::NotADatabase { reason: format!("{name} does not exist") });
    }
    Connection::open_with_flags(path, flags).map_err(|error| error::opening(&name, &error))
}

fn prepare(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // What a savepoint would need to be undone is kept in memory, not in a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Without this, a value bound to LIMIT makes SQLite prepare a statement anew at each of its runs.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    functions::register(connection)
}

fn name_of(place: &Place) -> String {
    match place {
        Place::Memory => ":memory:".to_owned(),
        Place::File(path) => path.display().to_string(),
    }
}
