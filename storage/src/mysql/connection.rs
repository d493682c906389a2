//! What every connection sets (storage.md §9).

use std::str::FromStr as _;
use std::time::Duration;

use nightowl_core::port::StoreError;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions as _, Executor as _};

/// How many prepared statements a connection keeps.
const PREPARED_STATEMENTS: usize = 1_024;

/// The options of a URL. Affected rows are matched rows: the driver asks for that by itself.
pub(super) fn options(url: &str) -> Result<MySqlConnectOptions, StoreError> {
    let wrong = |_| StoreError::UnknownUrl { reason: "the URL is not one of MySQL; use mysql://user:password@host:port/database".to_owned() };
    let connect = MySqlConnectOptions::from_str(url).map_err(wrong)?;
    if connect.get_database().is_none_or(str::is_empty) {
        return Err(StoreError::UnknownUrl { reason: "the URL names no database; use mysql://user:password@host:port/database".to_owned() });
    }
    Ok(connect.disable_statement_logging().charset("utf8mb4").collation("utf8mb4_bin").statement_cache_capacity(PREPARED_STATEMENTS))
}

/// Settings of a new session. A fraction of a second that a column does not keep is cut off, not rounded: MariaDB does so
/// by itself, MySQL is told to. Quotients are computed with as many digits as there are.
pub(super) async fn prepare(connection: &mut MySqlConnection, lock_timeout: Duration, statement_timeout: Duration) -> Result<(), sqlx::Error> {
    let mode = "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
    let settings = format!(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = {}, \
         div_precision_increment = 30, sql_mode = CONCAT('{mode}', IF(VERSION() LIKE '%MariaDB%', '', ',TIME_TRUNCATE_FRACTIONAL'))",
        lock_timeout.as_secs().max(1)
    );
    connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(settings))).await?;
    // Each server knows one of the two. Both end transactions that nobody goes on with, so that what a lost client has locked
    // is free again: MySQL by closing any connection that is silent for so long, which the pool notices and replaces.
    for limit in [
        format!("SET SESSION max_statement_time = {0}, idle_transaction_timeout = {0}", statement_timeout.as_secs()),
        format!("SET SESSION max_execution_time = {}, wait_timeout = {}", statement_timeout.as_millis(), statement_timeout.as_secs().max(1)),
    ] {
        if connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(limit))).await.is_ok() {
            break;
        }
    }
    Ok(())
}
