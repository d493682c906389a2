//! Recorded statements as constants of a floor.

use nightowl_core::compile::{ColumnKind, FixedColumn};
use nightowl_storage::sql::SqlValue;

use super::recording::Sent;

/// Tables of ours that the reference's way does not know.
const OURS_ALONE: [&str; 4] = ["nightowl_triggers", "nightowl_marks", "nightowl_pending", "nightowl_applied"];

/// What a value is drawn afresh as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fresh {
    /// A new id.
    Id,
    /// The text of a new id.
    IdText,
    /// 64 letters.
    PositionKey,
}

/// A statement with constant values, keys excepted.
#[derive(Debug, Clone)]
pub(super) struct FloorStatement {
    /// Its text.
    pub sql: String,
    /// What its result's columns hold; empty where it is no query.
    pub columns: Vec<ColumnKind>,
    values: Vec<SqlValue>,
    fresh: Vec<(usize, Fresh)>,
}

impl FloorStatement {
    fn of(sent: Sent) -> Self {
        let Sent { mut sql, mut values, columns } = sent;
        let fresh = if sql.starts_with("INSERT") { fresh_values(&sql, &values) } else { Vec::new() };
        // A constant version is right once only.
        let version = ['"', '`'].iter().find_map(|quote| sql.find(&format!(" AND {quote}{}{quote} = ?", FixedColumn::Version.name())));
        if let Some(end) = version.filter(|_| sql.starts_with("UPDATE")) {
            sql.truncate(end);
            values.pop();
        }
        // By hand, ids are known to be new.
        if let Some(end) = sql.find(" ON CONFLICT").filter(|_| sql.starts_with("INSERT")) {
            sql.truncate(end);
        }
        Self { sql, columns, values, fresh }
    }

    /// Appends its values; `id` is the trigger's, ids beyond it are drawn.
    pub(super) fn push_values(&self, values: &mut Vec<SqlValue>, id: i64, draw: &mut dyn FnMut() -> i64) {
        let begin = values.len();
        values.extend_from_slice(&self.values);
        for (position, fresh) in &self.fresh {
            if let Some(place) = values.get_mut(begin + position) {
                *place = match fresh {
                    Fresh::Id => SqlValue::Integer(draw()),
                    Fresh::IdText => SqlValue::Text(id.to_string().into()),
                    Fresh::PositionKey => SqlValue::Text(format!("{:064x}", id.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed())).into()),
                };
            }
        }
    }

    /// The row that a change changes: its text and the last two values, id and tenant.
    pub(super) fn changed_row(&self) -> Option<(&str, i64)> {
        match self.values.as_slice() {
            [.., SqlValue::Integer(id), _] if self.sql.starts_with("UPDATE") => Some((&self.sql, *id)),
            _ => None,
        }
    }
}

/// The reference's way: the rows of topics and the logs, with the selects; neither headers nor pending work, and nothing
/// that begins or ends a transaction.
pub(super) fn serial_of(sent: Vec<Sent>) -> Vec<FloorStatement> {
    let is_part = |sent: &Sent| is_data(&sent.sql) && !OURS_ALONE.iter().any(|table| sent.sql.contains(table));
    sent.into_iter().filter(is_part).map(FloorStatement::of).collect()
}

/// What is left behind: every row that was written, headers included. The mark of an ordered source is one row for many
/// triggers, and left out.
pub(super) fn batched_of(sent: Vec<Sent>) -> Vec<FloorStatement> {
    let is_part = |sent: &Sent| is_data(&sent.sql) && !sent.sql.starts_with("SELECT") && !sent.sql.contains("nightowl_marks");
    sent.into_iter().filter(is_part).map(FloorStatement::of).collect()
}

fn is_data(sql: &str) -> bool {
    ["INSERT", "UPDATE", "DELETE", "SELECT"].iter().any(|verb| sql.starts_with(verb))
}

/// Which values of an insert are keys.
fn fresh_values(sql: &str, values: &[SqlValue]) -> Vec<(usize, Fresh)> {
    let columns = sql.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(columns, _)| columns);
    let row = sql.split_once(" VALUES (").and_then(|(_, rows)| rows.split_once(')')).map_or("", |(row, _)| row);
    // Further columns are constants of the text.
    let columns: Vec<&str> = columns.split(',').map(|column| column.trim().trim_matches(['"', '`'])).take(row.matches('?').count()).collect();
    let key_of = |column: &str| match column {
        "id_" | "uid" => Some(Fresh::Id),
        "trigger_id" if sql.contains("nightowl_triggers") => Some(Fresh::Id),
        "trace_id" => Some(Fresh::IdText),
        "position_key" => Some(Fresh::PositionKey),
        _ => None,
    };
    let keys = columns.iter().cycle().zip(values).enumerate().filter(|(_, (_, value))| **value != SqlValue::Null);
    keys.filter_map(|(position, (column, _))| Some((position, key_of(column)?))).collect()
}
