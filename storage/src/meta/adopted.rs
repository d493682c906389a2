//! What the columns of adopted tables and of synonyms really hold (storage.md §12.8): noted in META when tables are brought up
//! to date, so that definitions are compiled with it without a look at their data sources.

use std::collections::BTreeMap;

use nightowl_core::compile::{ColumnKind, RealColumns};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Row};
use super::table::ADOPTED;
use crate::sql::structure::{self, kind_text, parse_kind};
use crate::sql::{SqlSession, SqlValue, table_columns};

const KIND: &str = "adopted table";

/// Everything that is noted; nothing in a store of an older version.
pub(super) async fn real_columns(session: &mut dyn SqlSession) -> Result<RealColumns, MetaError> {
    if table_columns(session, ADOPTED.name).await?.is_empty() {
        return Ok(RealColumns::new());
    }
    let rows = row::select(session, &ADOPTED, KIND, "1 = 1", &[]).await?;
    Ok(rows.iter().map(|row| ((row.filled("data_source_id"), row.text("table_name")), columns(row))).collect())
}

fn columns(row: &Row) -> BTreeMap<String, ColumnKind> {
    let noted = row.json("columns");
    let noted = noted.as_object().into_iter().flatten();
    noted.filter_map(|(name, kind)| Some((name.clone(), parse_kind(kind.as_str()?)?))).collect()
}

/// Notes what was found in some tables of a data source (`None` is the default store), and says whether that is news. The
/// session has to be in a transaction.
pub async fn note_real_columns(
    session: &mut dyn SqlSession,
    data_source_id: Option<&str>,
    tables: &[String],
    found: &structure::RealColumns,
) -> Result<bool, MetaError> {
    let noted = real_columns(session).await?;
    let mut news = false;
    for table in tables {
        let (before, now) = (noted.get(&(data_source_id.map(str::to_owned), table.clone())), found.get(table));
        if before == now {
            continue;
        }
        news = true;
        let key = [row::text(data_source_id.unwrap_or_default()), row::text(table)];
        row::delete(session, &ADOPTED, "{data_source_id} = ? AND {table_name} = ?", &key).await?;
        if let Some(columns) = now {
            let columns: Json = columns.iter().map(|(name, kind)| (name.clone(), json!(kind_text(*kind)))).collect::<serde_json::Map<_, _>>().into();
            let [data_source_id, table_name] = key;
            let cells = vec![
                ("data_source_id", data_source_id),
                ("table_name", table_name),
                ("columns", SqlValue::Json(columns.to_string())),
                ("format", SqlValue::Integer(1)),
            ];
            row::insert(session, &ADOPTED, cells).await?;
        }
    }
    Ok(news)
}
