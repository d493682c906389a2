//! What every connection sets (storage.md §9).

use std::str::FromStr as _;

use nightowl_core::port::StoreError;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use crate::server::ServerOptions;

/// How many prepared statements a connection keeps.
const PREPARED_STATEMENTS: usize = 1_024;

/// The options of a URL, with the session settings of ours.
pub(super) fn options(url: &str, options: &ServerOptions) -> Result<PgConnectOptions, StoreError> {
    let wrong = |_| StoreError::UnknownUrl { reason: "the URL is not one of PostgreSQL; use postgres://user:password@host:port/database".to_owned() };
    let connect = PgConnectOptions::from_str(url).map_err(wrong)?;
    let milliseconds = |timeout: std::time::Duration| timeout.as_millis().to_string();
    Ok(connect.disable_statement_logging().application_name("nightowl").statement_cache_capacity(PREPARED_STATEMENTS).options([
        ("TimeZone", "UTC".to_owned()),
        ("lock_timeout", milliseconds(options.lock_timeout)),
        ("statement_timeout", milliseconds(options.statement_timeout)),
        ("idle_in_transaction_session_timeout", milliseconds(options.statement_timeout)),
    ]))
}
