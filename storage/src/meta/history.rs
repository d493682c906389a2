//! What is kept of changes (storage.md §15.6, §16): who changed what, in `nightowl_audit`; for topics and pipelines also a row
//! of `operations`, as the reference has it, and each content once in `nightowl_definitions`.

use chrono::NaiveDateTime;
use serde_json::{Map, Value as Json};

use super::MetaError;
use super::content::content_hash;
use super::row::{self, Cell};
use super::sql::render;
use super::table::{AUDIT, OPERATIONS, PACKAGE_VERSIONS};
use super::tuple::{DefinitionKind, Edit, MetaTuple, Stored};
use crate::sql::{SqlSession, SqlValue};
use nightowl_core::compile::ColumnKind;

/// The package version of a tenant that has none (storage.md §16, `PACKAGE_VERSION_DEFAULT_VALUE`).
pub(super) const DEFAULT_PACKAGE_VERSION: &str = "50.0.0";

/// What was done to a tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Create,
    Update,
    Delete,
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Writes what is kept of a change from one content to another; one of them is there.
pub(super) async fn record<T: MetaTuple>(
    session: &mut dyn SqlSession,
    before: Option<&Stored<T>>,
    after: Option<&Stored<T>>,
    edit: &Edit<'_>,
) -> Result<(), MetaError> {
    let (operation, stored) = match (before, after) {
        (None, Some(after)) => (Operation::Create, after),
        (Some(_), Some(after)) => (Operation::Update, after),
        (Some(before), None) => (Operation::Delete, before),
        (None, None) => return Ok(()),
    };
    record_audit(session, before, after, operation, &stored.tuple.id(), edit).await?;
    let Some(kind) = T::DEFINITION else { return Ok(()) };
    record_operation(session, stored, operation, edit).await?;
    if operation != Operation::Delete {
        keep_definition(session, kind, stored, edit).await?;
    }
    Ok(())
}

/// Contents are told apart by their hashes only, since they may hold secrets.
async fn record_audit<T: MetaTuple>(
    session: &mut dyn SqlSession,
    before: Option<&Stored<T>>,
    after: Option<&Stored<T>>,
    operation: Operation,
    id: &str,
    edit: &Edit<'_>,
) -> Result<(), MetaError> {
    let hash = |stored: Option<&Stored<T>>| stored.map_or(SqlValue::Null, |stored| row::text(&content_hash(&stored.tuple.content())));
    let cells: Vec<Cell> = vec![
        ("audit_id", SqlValue::Integer(edit.ids.next_id()?)),
        ("at", SqlValue::DateTime(edit.at_utc)),
        ("user_id", row::text(edit.user_id)),
        ("action", row::text(operation.as_str())),
        ("tuple", row::text(&format!("{} {id}", T::table().name))),
        ("hash_before", hash(before)),
        ("hash_after", hash(after)),
    ];
    row::insert(session, &AUDIT, cells).await
}

async fn record_operation<T: MetaTuple>(session: &mut dyn SqlSession, stored: &Stored<T>, operation: Operation, edit: &Edit<'_>) -> Result<(), MetaError> {
    let table = T::table();
    let tenant_id = stored.tuple.tenant_id().unwrap_or_default();
    let version = package_version(session, tenant_id).await?;
    let at = SqlValue::DateTime(edit.at);
    let cells: Vec<Cell> = vec![
        ("record_id", row::text(&edit.new_id()?)),
        ("operation_type", row::text(operation.as_str())),
        ("tuple_type", row::text(table.name)),
        ("tuple_key", row::text(table.key.first().copied().unwrap_or_default())),
        ("tuple_id", row::text(&stored.tuple.id())),
        ("content", SqlValue::Json(row_as_json(stored).to_string())),
        ("version_num", row::text(&version)),
        ("tenant_id", row::text(tenant_id)),
        ("created_at", at.clone()),
        ("created_by", row::text(edit.user_id)),
        ("last_modified_at", at),
        ("last_modified_by", row::text(edit.user_id)),
    ];
    row::insert(session, &OPERATIONS, cells).await
}

/// The row as it was written: columns as keys.
fn row_as_json<T: MetaTuple>(stored: &Stored<T>) -> Json {
    let mut object: Map<String, Json> = stored.tuple.cells().into_iter().map(|(name, value)| (name.to_owned(), cell_as_json(&value))).collect();
    object.insert("version".to_owned(), stored.version.into());
    object.insert("created_at".to_owned(), time_as_json(stored.created_at));
    object.insert("created_by".to_owned(), stored.created_by.as_str().into());
    object.insert("last_modified_at".to_owned(), time_as_json(stored.last_modified_at));
    object.insert("last_modified_by".to_owned(), stored.last_modified_by.as_str().into());
    Json::Object(object)
}

fn cell_as_json(value: &SqlValue) -> Json {
    match value {
        SqlValue::Null => Json::Null,
        SqlValue::Integer(number) => (*number).into(),
        SqlValue::Text(text) => text.as_ref().into(),
        SqlValue::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        SqlValue::DateTime(moment) => time_as_json(*moment),
        SqlValue::Date(day) => day.to_string().into(),
        SqlValue::Time(time) => time.to_string().into(),
        SqlValue::List(values) => values.iter().map(cell_as_json).collect(),
        SqlValue::Decimal(number, _) => number.to_string().into(),
    }
}

fn time_as_json(moment: NaiveDateTime) -> Json {
    moment.format("%Y-%m-%dT%H:%M:%S").to_string().into()
}

/// The current package version of a tenant.
async fn package_version(session: &mut dyn SqlSession, tenant_id: &str) -> Result<String, MetaError> {
    let rows = row::select(session, &PACKAGE_VERSIONS, "package version", "{tenant_id} = ?", &[row::text(tenant_id)]).await?;
    Ok(rows.first().and_then(|row| row.filled("current_version")).unwrap_or_else(|| DEFAULT_PACKAGE_VERSION.to_owned()))
}

/// Keeps a content, once.
async fn keep_definition<T: MetaTuple>(session: &mut dyn SqlSession, kind: DefinitionKind, stored: &Stored<T>, edit: &Edit<'_>) -> Result<(), MetaError> {
    let content = stored.tuple.content();
    let (id, hash) = (stored.tuple.id(), content_hash(&content));
    if find_definition(session, kind, &id, &hash).await?.is_some() {
        return Ok(());
    }
    let sql = render(
        session.dialect(),
        "INSERT INTO {nightowl_definitions} ({kind}, {tuple_id}, {content_hash}, {content}, {version}, {saved_at}, {saved_by}, {format}) \
         VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
    );
    let values = [
        row::text(kind.as_str()),
        row::text(&id),
        row::text(&hash),
        SqlValue::Json(content.to_string()),
        SqlValue::Integer(stored.version),
        SqlValue::DateTime(edit.at_utc),
        row::text(edit.user_id),
    ];
    session.execute(&sql, &values).await?;
    Ok(())
}

/// The content of a topic or pipeline as it was under a hash: what a log refers to.
pub async fn find_definition(session: &mut dyn SqlSession, kind: DefinitionKind, id: &str, hash: &str) -> Result<Option<Json>, MetaError> {
    let sql = render(session.dialect(), "SELECT {content} FROM {nightowl_definitions} WHERE {kind} = ? AND {tuple_id} = ? AND {content_hash} = ?");
    let rows = session.query(&sql, &[row::text(kind.as_str()), row::text(id), row::text(hash)], &[ColumnKind::Json]).await?;
    let content = rows.first().and_then(|row| row.first());
    Ok(content.map(|content| nightowl_core::value::json::to_json(content, nightowl_core::value::JsonStyle::Document)))
}

/// One kept version of a topic or pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDefinition {
    /// Its hash.
    pub content_hash: String,
    /// The version of the tuple under which it was saved first.
    pub version: i64,
    /// When, in UTC.
    pub saved_at: NaiveDateTime,
    /// By whom.
    pub saved_by: String,
}

/// The kept versions of a topic or pipeline, newest first.
pub async fn list_definitions(session: &mut dyn SqlSession, kind: DefinitionKind, id: &str) -> Result<Vec<KeptDefinition>, MetaError> {
    use nightowl_core::value::Value;
    let sql = render(
        session.dialect(),
        "SELECT {content_hash}, {version}, {saved_at}, {saved_by} FROM {nightowl_definitions} WHERE {kind} = ? AND {tuple_id} = ? \
         ORDER BY {saved_at} DESC, {version} DESC",
    );
    let kinds = [ColumnKind::Text { length: 64 }, ColumnKind::Integer { bits: 64 }, ColumnKind::DateTime { fraction: true }, ColumnKind::Text { length: 50 }];
    let rows = session.query(&sql, &[row::text(kind.as_str()), row::text(id)], &kinds).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [Value::Text(hash), version, Value::DateTime(saved_at), saved_by] => Some(KeptDefinition {
                content_hash: hash.to_string(),
                version: version.as_number().and_then(|number| number.to_i64()).unwrap_or(1),
                saved_at: *saved_at,
                saved_by: saved_by.as_text().unwrap_or_default().to_owned(),
            }),
            _ => None,
        })
        .collect())
}
