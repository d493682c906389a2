//! What SQLite reports, as errors with a meaning (storage.md §10). Values never come into a text.

use nightowl_core::port::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

use super::functions;

/// An error met while a file is opened.
pub(super) fn opening(name: &str, error: &Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { reason: format!("{name} is not a SQLite database") },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::NotADatabase { reason: format!("{name} is damaged") },
        Some(ErrorCode::CannotOpen) => {
            StoreError::NotADatabase { reason: format!("{name} can not be opened; check that its folder exists and that it may be read and written") }
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            StoreError::NotADatabase { reason: format!("{name} may not be written; check its permissions") }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::LockNotAvailable { reason: format!("another process holds {name}") },
        _ => running(error),
    }
}

/// An error met by a statement.
pub(super) fn running(error: &Error) -> StoreError {
    let (code, message) = match error {
        Error::SqliteFailure(code, message) => (*code, message.as_deref().unwrap_or_default()),
        Error::SqlInputError { error, msg, .. } => (*error, msg.as_str()),
        Error::UnwindingPanic => return StoreError::Internal { reason: "a SQL function panicked".to_owned() },
        other => return StoreError::Unexpected { object: "a result".to_owned(), reason: kind_of(other).to_owned() },
    };
    if let Some(reason) = message.strip_prefix(functions::FAILED) {
        return StoreError::UnsupportedComputation { reason: reason.to_owned() };
    }
    match code.code {
        ErrorCode::ConstraintViolation => constraint(code, message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::LockNotAvailable { reason: "the database is locked by another process".to_owned() },
        ErrorCode::DiskFull => StoreError::DiskFull { reason: "the database file can not grow".to_owned() },
        ErrorCode::SystemIoFailure => StoreError::ConnectionFailed { reason: format!("input or output failed (code {})", code.extended_code) },
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => StoreError::NotADatabase { reason: "the file is damaged or no SQLite database".to_owned() },
        ErrorCode::ReadOnly => StoreError::Unexpected { object: "the database".to_owned(), reason: "it may only be read here".to_owned() },
        ErrorCode::OutOfMemory => StoreError::ConnectionFailed { reason: "out of memory".to_owned() },
        ErrorCode::TooBig => StoreError::ValueNotStorable { factor: String::new(), reason: "a value is longer than a SQLite cell may be".to_owned() },
        _ => missing(message, code.extended_code),
    }
}

/// `UNIQUE constraint failed: table.column, table.column`.
fn constraint(code: ffi::Error, message: &str) -> StoreError {
    let columns = message.split_once("failed: ").map_or("", |(_, columns)| columns);
    let table = columns.split_once('.').map_or("", |(table, _)| table).to_owned();
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            let prefix = format!("{table}.");
            let index = columns.split(", ").map(|column| column.strip_prefix(&prefix).unwrap_or(column)).collect::<Vec<_>>().join(", ");
            StoreError::InsertConflict { table, index }
        }
        ffi::SQLITE_CONSTRAINT_DATATYPE => {
            StoreError::ValueNotStorable { factor: columns.to_owned(), reason: "a value has another type than its column".to_owned() }
        }
        _ => StoreError::ValueNotStorable { factor: columns.to_owned(), reason: "a constraint of the table is not met".to_owned() },
    }
}

/// What is left: statements that name something that is not there, which only structure or code can cause. SQLite names
/// tables and columns in these messages, never values.
fn missing(message: &str, extended_code: i32) -> StoreError {
    if let Some(table) = message.strip_prefix("no such table: ") {
        return StoreError::StructureMissing { object: format!("table {table}") };
    }
    if let Some((_, column)) = message.split_once("no such column: ").or_else(|| message.split_once("has no column named ")) {
        return StoreError::StructureMissing { object: format!("column {column}") };
    }
    StoreError::Unexpected { object: "a statement".to_owned(), reason: format!("SQLite refused it (code {extended_code}): {message}") }
}

fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..) | Error::IntegralValueOutOfRange(..) | Error::Utf8Error(..) => {
            "a column holds a value of another kind than its definition says"
        }
        Error::InvalidParameterCount(..) => "a statement has another number of values than of placeholders",
        Error::MultipleStatement => "a text holds several statements",
        Error::ExecuteReturnedResults => "a statement gave rows where none were expected",
        _ => "SQLite could not be used as expected",
    }
}
