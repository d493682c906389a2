//! What MySQL and MariaDB report, as errors with a meaning (storage.md §10). The server's messages hold values, so of them
//! only names of objects are shown.

use nightowl_core::port::StoreError;
use sqlx::Error;
use sqlx::mysql::MySqlDatabaseError;

use crate::server::{no_answer, table_of};

/// How long a statement may run, for messages.
const STATEMENT_TIMEOUT_MS: u64 = 60_000;

/// An error met by a statement.
pub(super) fn running(error: &Error, sql: &str) -> StoreError {
    let reason = match error {
        Error::Database(database) => {
            return match database.try_downcast_ref::<MySqlDatabaseError>() {
                Some(error) => reported(error, sql),
                None => StoreError::Unexpected { object: "the database".to_owned(), reason: "it gave an error of another database".to_owned() },
            };
        }
        Error::Encode(_) => return StoreError::ValueNotStorable { factor: String::new(), reason: "a value can not be sent".to_owned() },
        Error::Io(error) => format!("input or output failed ({})", error.kind()),
        Error::Tls(_) => "no secure connection could be made; check ssl-mode and the certificates".to_owned(),
        Error::Protocol(_) => "the server's answer was not understood".to_owned(),
        Error::PoolClosed => "the store is closed".to_owned(),
        Error::PoolTimedOut => "no connection was free in time".to_owned(),
        Error::Configuration(_) => "the URL can not be used".to_owned(),
        _ => return StoreError::Unexpected { object: "a result".to_owned(), reason: "MySQL could not be used as expected".to_owned() },
    };
    StoreError::ConnectionFailed { reason }
}

/// An error met while a connection is opened.
pub(super) fn connecting(error: &Error) -> StoreError {
    running(error, "")
}

/// Whether what was to be made is there already: a step that was taken in part before.
pub(super) fn is_there_already(error: &Error) -> bool {
    let number = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>()).map(MySqlDatabaseError::number);
    matches!(number, Some(1050 | 1060 | 1061))
}

fn reported(error: &MySqlDatabaseError, sql: &str) -> StoreError {
    let number = error.number();
    let refused = |object: &str, reason: &str| StoreError::Unexpected { object: object.to_owned(), reason: reason.to_owned() };
    match number {
        1062 | 1586 => StoreError::InsertConflict { table: table_of(sql).to_owned(), index: key_of(error.message()).to_owned() },
        1213 | 1020 => StoreError::SerializationFailure { reason: "it met another transaction; it can be repeated".to_owned() },
        1205 | 3572 => StoreError::LockNotAvailable { reason: "another transaction holds it for too long".to_owned() },
        1317 | 1969 | 3024 => no_answer(STATEMENT_TIMEOUT_MS, "the statement ran for too long"),
        1021 | 1114 | 1041 => StoreError::DiskFull { reason: "the server's disk".to_owned() },
        1290 | 1792 | 1836 => refused("the database", "it may only be read here"),
        1365 | 1690 => StoreError::UnsupportedComputation { reason: "division by zero, or a result is too large".to_owned() },
        1146 => StoreError::StructureMissing { object: format!("table {}", named(error.message())) },
        1054 => StoreError::StructureMissing { object: format!("column {}", named(error.message())) },
        1049 => refused("the database", "there is none of the name in the URL; make it first"),
        1044 | 1142 | 1143 => refused("the database", "the user may not do this; grant it"),
        1045 | 1698 => StoreError::ConnectionFailed { reason: "the server refuses user or password; check the URL".to_owned() },
        1040 | 1042 | 1053 | 1129 | 1130 | 1203 | 1927 | 4031 => {
            StoreError::ConnectionFailed { reason: format!("the server ended or refused the connection (code {number})") }
        }
        // The server's own limits, which others use up as well: it may go the next time.
        9 | 23 | 1037 | 1038 | 1135 => {
            StoreError::ConnectionFailed { reason: format!("the server is out of memory, files or threads; raise its limits if this stays (code {number})") }
        }
        1264 | 1265 | 1292 | 1366 | 1406 | 1048 | 1364 | 3140 | 3819 | 4025 => {
            StoreError::ValueNotStorable { factor: column_of(error.message()).to_owned(), reason: format!("a value does not fit its column (code {number})") }
        }
        1071 | 1118 => StoreError::TableTooWide {
            table: table_of(sql).to_owned(),
            reason: "its columns or a key are longer than the server allows; give the factors a smaller precision".to_owned(),
        },
        _ => refused("a statement", &format!("the server refused it (code {number})")),
    }
}

/// `Duplicate entry '…' for key 'name'`: the name, which is the last thing in quotes.
fn key_of(message: &str) -> &str {
    message.rsplit_once(" for key ").map_or("", |(_, key)| key.trim_matches('\''))
}

/// `… for column 'name' at row 1`, also with database and table before it.
fn column_of(message: &str) -> &str {
    let Some((_, after)) = message.rsplit_once("column ") else { return "" };
    let name = after.split(" at row").next().unwrap_or_default().trim_end_matches('.');
    name.rsplit('.').next().unwrap_or_default().trim_matches(['\'', '`'])
}

/// The first name in quotes; messages about missing objects hold no values.
fn named(message: &str) -> &str {
    message.split('\'').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_messages_and_values_are_not() {
        assert_eq!(key_of("Duplicate entry 'a' for key 'b' for key 'u_topic_1'"), "u_topic_1");
        assert_eq!(column_of("Out of range value for column `d`.`t`.`part` at row 1"), "part");
        assert_eq!(column_of("Invalid JSON text: \"column x\" at position 9 in value for column 'topic_order_in.data_'."), "data_");
        assert_eq!(column_of("Data too long for column 'code' at row 1"), "code");
    }
}
