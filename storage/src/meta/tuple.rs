//! What all tuples have in common: finding, saving, deleting (storage.md §16). One file per kind says what is its own.

use chrono::NaiveDateTime;
use nightowl_core::model::Problems;
use nightowl_core::port::IdSource;
use serde_json::Value as Json;

use super::row::{self, Cell, Row};
use super::table::{Group, Table};
use super::{MetaError, history};
use crate::sql::{SqlSession, SqlValue};

/// How a kind of tuple lies in its table.
pub trait Mapped: Sized {
    /// Its table.
    fn table() -> &'static Table;
    /// The primary key of an id.
    fn key(id: &str) -> Vec<SqlValue> {
        vec![row::text(id)]
    }
    /// Reads it from a row; mistakes in a definition are noted, as in a file.
    fn read(row: &Row, problems: &mut Problems) -> Result<Self, MetaError>;
    /// The columns that it has itself, with their values: all but audit and version.
    fn cells(&self) -> Vec<Cell>;
}

/// A kind of tuple that is kept in META.
pub trait MetaTuple: Mapped + Clone + Send + Sync {
    /// Its kind in words, for messages.
    const KIND: &'static str;
    /// The column of the name by which it is found within its tenant.
    const NAME_COLUMN: &'static str;
    /// Whether names are unique within a tenant only.
    const NAMED_WITHIN_TENANT: bool = true;
    /// How topics and pipelines are kept in every version; `None` for the other kinds.
    const DEFINITION: Option<DefinitionKind> = None;

    /// Its id.
    fn id(&self) -> String;
    /// Its name.
    fn name(&self) -> &str;
    /// The tenant that owns it, where it is known.
    fn tenant_id(&self) -> Option<&str>;
    /// Its content without audit and version: what makes it another one (surface.md §21). Never to be printed, since it
    /// may hold secrets.
    fn content(&self) -> Json;
}

/// The kinds whose every version is kept (`nightowl_definitions`, storage.md §15.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// A topic.
    Topic,
    /// A pipeline.
    Pipeline,
}

impl DefinitionKind {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Pipeline => "pipeline",
        }
    }
}

/// A tuple with what the store knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The tuple.
    pub tuple: T,
    /// What is wrong with it as it is stored: a pipeline with an error here must not run as if the rest were all of it.
    pub problems: Problems,
    /// Its version; 1 where its kind has none.
    pub version: i64,
    /// When it was made.
    pub created_at: NaiveDateTime,
    /// By whom.
    pub created_by: String,
    /// When it was changed last.
    pub last_modified_at: NaiveDateTime,
    /// By whom.
    pub last_modified_by: String,
}

/// Who changes tuples, and when.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// The user.
    pub user_id: &'a str,
    /// Now, in the configured zone, for audit columns (storage.md §12.7).
    pub at: NaiveDateTime,
    /// Now, in UTC, for tables of ours (storage.md §15.6).
    pub at_utc: NaiveDateTime,
    /// Where new ids come from.
    pub ids: &'a dyn IdSource,
}

impl Edit<'_> {
    /// A new storable id.
    pub fn new_id(&self) -> Result<String, MetaError> {
        Ok(self.ids.next_id()?.to_string())
    }

    /// Now, as audit columns have it: in whole seconds.
    fn audit_time(&self) -> SqlValue {
        use chrono::Timelike;
        SqlValue::DateTime(self.at.with_nanosecond(0).unwrap_or(self.at))
    }
}

/// Which version an update is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The one that was read: any other one is [`MetaError::OptimisticLock`].
    Version(i64),
    /// Whichever is there (`apply`: the version in the file is ignored).
    Any,
}

/// Whether an id is to be replaced by a generated one on save (storage.md §1).
pub fn is_faked(id: &str) -> bool {
    let id = id.trim();
    id.is_empty() || id.starts_with("f-")
}

/// A tuple by its id.
pub async fn find<T: MetaTuple>(session: &mut dyn SqlSession, id: &str) -> Result<Option<Stored<T>>, MetaError> {
    let table = T::table();
    let found = select::<T>(session, &by_id(table), &T::key(id)).await?;
    only(found, T::KIND, id)
}

/// A tuple by its exact name within its tenant. Tenants and users have names of their own across all tenants.
pub async fn find_by_name<T: MetaTuple>(session: &mut dyn SqlSession, tenant_id: &str, name: &str) -> Result<Option<Stored<T>>, MetaError> {
    let mut condition = format!("{{{}}} = ?", T::NAME_COLUMN);
    let mut values = vec![row::text(name)];
    if T::NAMED_WITHIN_TENANT {
        condition.push_str(" AND {tenant_id} = ?");
        values.push(row::text(tenant_id));
    }
    let found = select::<T>(session, &condition, &values).await?;
    only(found, T::KIND, name)
}

/// All tuples of a tenant, in the order of their ids. Of a tenant itself: that one.
pub async fn list<T: MetaTuple>(session: &mut dyn SqlSession, tenant_id: &str) -> Result<Vec<Stored<T>>, MetaError> {
    let key = key_column(T::table());
    select::<T>(session, &format!("{{tenant_id}} = ? ORDER BY {{{key}}}"), &[row::text(tenant_id)]).await
}

/// All tuples of the store, in the order of their ids.
pub async fn list_all<T: MetaTuple>(session: &mut dyn SqlSession) -> Result<Vec<Stored<T>>, MetaError> {
    let key = key_column(T::table());
    select::<T>(session, &format!("1 = 1 ORDER BY {{{key}}}"), &[]).await
}

/// Inserts a tuple whose id is its own already, as version 1, with its history.
pub async fn create<T: MetaTuple>(session: &mut dyn SqlSession, tuple: &T, edit: &Edit<'_>) -> Result<Stored<T>, MetaError> {
    let table = T::table();
    let mut cells = tuple.cells();
    if table.has(Group::Audit) {
        cells.extend([("created_at", edit.audit_time()), ("created_by", row::text(edit.user_id))]);
        cells.extend(modified(edit));
    } else if table.column("created_by").is_some() {
        cells.extend([("created_at", edit.audit_time()), ("created_by", row::text(edit.user_id))]);
    }
    if table.has(Group::Version) {
        cells.push(("version", SqlValue::Integer(1)));
    }
    row::insert(session, table, cells).await?;
    let stored = must_find::<T>(session, &tuple.id()).await?;
    history::record(session, None, Some(&stored), edit).await?;
    Ok(stored)
}

/// Writes a tuple over the one with its id, as the next version, with its history.
pub async fn update<T: MetaTuple>(session: &mut dyn SqlSession, tuple: &T, expected: Expected, edit: &Edit<'_>) -> Result<Stored<T>, MetaError> {
    let table = T::table();
    let before = must_find::<T>(session, &tuple.id()).await?;
    let version = match expected {
        Expected::Version(version) => version,
        Expected::Any => before.version,
    };
    let mut cells = tuple.cells();
    cells.retain(|(name, _)| !table.key.contains(name));
    let mut condition = by_id(table);
    let mut of_condition = T::key(&tuple.id());
    if table.has(Group::Audit) {
        cells.extend(modified(edit));
    }
    if table.has(Group::Version) {
        cells.push(("version", SqlValue::Integer(version + 1)));
        // An adopted row may have no version: it then counts as 1 (engine.md §1.1).
        condition.push_str(" AND COALESCE({version}, 1) = ?");
        of_condition.push(SqlValue::Integer(version));
    }
    if row::update(session, table, cells, &condition, of_condition).await? == 0 {
        return Err(MetaError::OptimisticLock { kind: T::KIND, id: tuple.id(), version });
    }
    let stored = must_find::<T>(session, &tuple.id()).await?;
    history::record(session, Some(&before), Some(&stored), edit).await?;
    Ok(stored)
}

/// Updates the tuple with this id where there is one, else creates it.
pub async fn save<T: MetaTuple>(session: &mut dyn SqlSession, tuple: &T, expected: Expected, edit: &Edit<'_>) -> Result<Stored<T>, MetaError> {
    match find::<T>(session, &tuple.id()).await? {
        Some(_) => update(session, tuple, expected, edit).await,
        None => create(session, tuple, edit).await,
    }
}

/// Deletes a tuple and gives what it was.
pub async fn delete<T: MetaTuple>(session: &mut dyn SqlSession, id: &str, edit: &Edit<'_>) -> Result<Stored<T>, MetaError> {
    let table = T::table();
    let stored = must_find::<T>(session, id).await?;
    row::delete(session, table, &by_id(table), &T::key(id)).await?;
    history::record(session, Some(&stored), None, edit).await?;
    Ok(stored)
}

/// The tuples that meet a condition.
pub(super) async fn select<T: MetaTuple>(session: &mut dyn SqlSession, condition: &str, values: &[SqlValue]) -> Result<Vec<Stored<T>>, MetaError> {
    let rows = row::select(session, T::table(), T::KIND, condition, values).await?;
    rows.iter().map(stored::<T>).collect()
}

/// The one tuple, if there is one; several are an error (storage.md §10).
pub(super) fn only<T>(found: Vec<Stored<T>>, kind: &'static str, id: &str) -> Result<Option<Stored<T>>, MetaError> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(MetaError::TooMany { kind, id: id.to_owned() }),
    }
}

fn stored<T: MetaTuple>(row: &Row) -> Result<Stored<T>, MetaError> {
    let table = T::table();
    let created_at = row.required_moment("created_at")?;
    let audited = table.has(Group::Audit);
    let mut problems = Problems::default();
    Ok(Stored {
        tuple: T::read(row, &mut problems)?,
        problems,
        version: row.integer("version").unwrap_or(1),
        created_at,
        created_by: row.text("created_by"),
        last_modified_at: if audited { row.required_moment("last_modified_at")? } else { created_at },
        last_modified_by: row.text(if audited { "last_modified_by" } else { "created_by" }),
    })
}

async fn must_find<T: MetaTuple>(session: &mut dyn SqlSession, id: &str) -> Result<Stored<T>, MetaError> {
    find::<T>(session, id).await?.ok_or_else(|| MetaError::NotFound { kind: T::KIND, id: id.to_owned() })
}

fn modified(edit: &Edit<'_>) -> [Cell; 2] {
    [("last_modified_at", edit.audit_time()), ("last_modified_by", row::text(edit.user_id))]
}

/// The column of the id; the tenant comes before it where the key has two.
fn key_column(table: &Table) -> &'static str {
    table.key.last().copied().unwrap_or("tenant_id")
}

fn by_id(table: &Table) -> String {
    table.key.iter().map(|name| format!("{{{name}}} = ?")).collect::<Vec<_>>().join(" AND ")
}
