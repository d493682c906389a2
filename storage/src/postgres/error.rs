//! What PostgreSQL reports, as errors with a meaning (storage.md §10). Values and credentials never come into a text: of
//! the server's messages only those that name objects are shown.

use nightowl_core::port::StoreError;
use sqlx::Error;
use sqlx::postgres::PgDatabaseError;

use super::bind::Unfit;
use crate::server::{no_answer, table_of};

/// How long a statement may run, for messages.
const STATEMENT_TIMEOUT_MS: u64 = 60_000;

/// An error met while a connection is opened, or by a statement.
pub(super) fn running(error: &Error, sql: &str) -> StoreError {
    match error {
        Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => reported(error, sql),
            None => StoreError::Unexpected { object: "the database".to_owned(), reason: "it gave an error of another database".to_owned() },
        },
        Error::Encode(source) => match source.downcast_ref::<Unfit>() {
            Some(unfit) => unfit.storable(),
            None => StoreError::ValueNotStorable { factor: String::new(), reason: "a value can not be sent".to_owned() },
        },
        other => lost(other),
    }
}

/// Whether a statement was refused for the types of its values.
pub(super) fn is_of_types(error: &Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42883" | "42804"))
}

/// An error met while a connection is opened.
pub(super) fn connecting(error: &Error) -> StoreError {
    running(error, "")
}

/// What is left is about the connection.
fn lost(error: &Error) -> StoreError {
    let reason = match error {
        Error::Io(error) => format!("input or output failed ({})", error.kind()),
        Error::Tls(_) => "no secure connection could be made; check sslmode and the certificates".to_owned(),
        Error::Protocol(_) => "the server's answer was not understood".to_owned(),
        Error::PoolClosed => "the store is closed".to_owned(),
        Error::PoolTimedOut => "no connection was free in time".to_owned(),
        Error::Configuration(_) => "the URL can not be used".to_owned(),
        _ => return StoreError::Unexpected { object: "a result".to_owned(), reason: "PostgreSQL could not be used as expected".to_owned() },
    };
    StoreError::ConnectionFailed { reason }
}

fn reported(error: &PgDatabaseError, sql: &str) -> StoreError {
    let code = error.code();
    let refused = |object: &str, reason: &str| StoreError::Unexpected { object: object.to_owned(), reason: reason.to_owned() };
    let factor = || error.column().unwrap_or_default().to_owned();
    match code {
        "23505" => StoreError::InsertConflict {
            table: error.table().unwrap_or_else(|| table_of(sql)).to_owned(),
            index: error.constraint().unwrap_or_default().to_owned(),
        },
        "40001" | "40P01" => StoreError::SerializationFailure { reason: "it met another transaction; it can be repeated".to_owned() },
        // A table was changed after the statement was prepared.
        "0A000" if error.message().starts_with("cached plan") => {
            StoreError::SerializationFailure { reason: "a table was changed in the meantime; it can be repeated".to_owned() }
        }
        "55P03" => StoreError::LockNotAvailable { reason: "another transaction holds it for too long".to_owned() },
        "57014" => no_answer(STATEMENT_TIMEOUT_MS, "the statement ran for too long"),
        "53100" => StoreError::DiskFull { reason: "the server's disk".to_owned() },
        "25006" => refused("the database", "it may only be read here"),
        "22012" => StoreError::UnsupportedComputation { reason: "division by zero".to_owned() },
        "22P02" | "42883" | "42804" => StoreError::UnsupportedComputation { reason: format!("the kinds of its values do not fit (code {code})") },
        "42P01" => StoreError::StructureMissing { object: format!("table {}", quoted(error.message())) },
        "42703" => StoreError::StructureMissing { object: format!("column {}", quoted(error.message())) },
        "3D000" => refused("the database", "there is none of the name in the URL; make it first"),
        "3F000" => refused("the schema", "there is none of this name; make it first"),
        "28P01" | "28000" => StoreError::ConnectionFailed { reason: "the server refuses user or password; check the URL".to_owned() },
        "42501" => refused("the database", "the user may not do this; grant it"),
        _ => match code.get(..2).unwrap_or_default() {
            "22" => StoreError::ValueNotStorable { factor: factor(), reason: format!("a value does not fit its column (code {code})") },
            "23" => StoreError::ValueNotStorable { factor: factor(), reason: "a constraint of the table is not met".to_owned() },
            "08" | "57" | "53" => StoreError::ConnectionFailed { reason: format!("the server ended or refused the connection (code {code})") },
            "25" => refused("the transaction", "a statement in it has failed before, or it was idle for too long"),
            _ => refused("a statement", &format!("PostgreSQL refused it (code {code})")),
        },
    }
}

/// The name that a message quotes; messages about missing objects hold no values.
fn quoted(message: &str) -> &str {
    message.split('"').nth(1).unwrap_or_default()
}
