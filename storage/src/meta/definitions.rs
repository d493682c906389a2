//! Everything of a tenant that the engine's catalog is built from, and how a change is noticed (storage.md §19).

use nightowl_core::compile::{ColumnKind, RealColumns};
use nightowl_core::model::{DataSource, ExternalWriterDefinition, KeyStoreDefinition, Pipeline, Tenant, Topic};
use nightowl_core::value::Value;

use super::MetaError;
use super::adopted::real_columns;
use super::content::content_hash;
use super::row;
use super::sql::render;
use super::tuple::{self, MetaTuple, Stored};
use crate::sql::SqlSession;

/// The definitions of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDefinitions {
    /// The tenant.
    pub tenant: Stored<Tenant>,
    /// Its topics, in the order of their ids.
    pub topics: Vec<Hashed<Topic>>,
    /// Its pipelines, in the order of their ids.
    pub pipelines: Vec<Hashed<Pipeline>>,
    /// Its external writers.
    pub external_writers: Vec<Stored<ExternalWriterDefinition>>,
    /// What it encrypts its factors with.
    pub key_stores: Vec<Stored<KeyStoreDefinition>>,
    /// Its data sources.
    pub data_sources: Vec<Stored<DataSource>>,
    /// What the columns of tables that others made really hold.
    pub real_columns: RealColumns,
    /// How its definitions stood when they were read.
    pub token: ChangeToken,
}

/// A topic or pipeline with the hash of its content: what logs refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed<T> {
    /// The tuple.
    pub stored: Stored<T>,
    /// Lower-case hex SHA-256 of its content.
    pub content_hash: String,
}

/// How the definitions of a tenant stand. Another token means that something has changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ChangeToken(String);

/// How often definitions are read again because somebody has changed them meanwhile.
const MOST_READS: u32 = 5;

/// The tables that belong to a catalog. Each save of a version adds to the sum of versions, so that two saves within one
/// second differ as well.
const WATCHED: &[&str] = &["tenants", "topics", "pipelines", "external_writers", "data_sources"];

/// The definitions of a tenant, with how they stood; `None` when there is no such tenant. What is changed while they are
/// read makes them be read again, so that topics and pipelines belong together.
pub async fn load_tenant(session: &mut dyn SqlSession, tenant_id: &str) -> Result<Option<TenantDefinitions>, MetaError> {
    let mut versions = versions(session, tenant_id).await?;
    for _read in 1..MOST_READS {
        let loaded = load(session, tenant_id, &versions).await?;
        let now = self::versions(session, tenant_id).await?;
        if now == versions {
            return Ok(loaded);
        }
        versions = now;
    }
    // They change all the time. The versions are from before the reading, so the next look notices what was missed.
    load(session, tenant_id, &versions).await
}

async fn load(session: &mut dyn SqlSession, tenant_id: &str, versions: &str) -> Result<Option<TenantDefinitions>, MetaError> {
    let Some(tenant) = tuple::find::<Tenant>(session, tenant_id).await? else { return Ok(None) };
    let topics = hashed(tuple::list::<Topic>(session, tenant_id).await?);
    let pipelines = hashed(tuple::list::<Pipeline>(session, tenant_id).await?);
    let external_writers = tuple::list(session, tenant_id).await?;
    let key_stores = tuple::list(session, tenant_id).await?;
    let data_sources = tuple::list(session, tenant_id).await?;
    let real_columns = real_columns(session).await?;
    let token = ChangeToken::of(versions, &key_stores, &real_columns);
    Ok(Some(TenantDefinitions { tenant, topics, pipelines, external_writers, key_stores, data_sources, real_columns, token }))
}

/// The ids of all tenants, in their order.
pub async fn tenant_ids(session: &mut dyn SqlSession) -> Result<Vec<String>, MetaError> {
    let tenants = tuple::list_all::<Tenant>(session).await?;
    Ok(tenants.into_iter().map(|stored| stored.tuple.tenant_id).collect())
}

/// How the definitions of a tenant stand: three small queries.
pub async fn change_token(session: &mut dyn SqlSession, tenant_id: &str) -> Result<ChangeToken, MetaError> {
    let versions = versions(session, tenant_id).await?;
    let key_stores = tuple::list(session, tenant_id).await?;
    Ok(ChangeToken::of(&versions, &key_stores, &real_columns(session).await?))
}

impl ChangeToken {
    /// Key stores and columns of adopted tables have neither version nor time of change; they are few, and their content goes
    /// into the hash.
    fn of(versions: &str, key_stores: &[Stored<KeyStoreDefinition>], real_columns: &RealColumns) -> Self {
        let mut state = versions.to_owned();
        for key_store in key_stores {
            state.push_str(&content_hash(&key_store.tuple.content()));
        }
        for ((data_source_id, table), columns) in real_columns {
            state.push_str(&format!("{data_source_id:?} {table} {columns:?};"));
        }
        Self(content_hash(&state.into()))
    }
}

/// How many rows the watched tables have of a tenant, the sums of their versions, and when they were changed last.
async fn versions(session: &mut dyn SqlSession, tenant_id: &str) -> Result<String, MetaError> {
    let of_table = |(ordinal, table): (usize, &&str)| {
        format!(
            "SELECT {ordinal} AS {{ordinal}}, COUNT(*), CAST(SUM({{version}}) AS DECIMAL(20)), MAX({{last_modified_at}}) FROM {{{table}}} \
             WHERE {{tenant_id}} = ?"
        )
    };
    let template = WATCHED.iter().enumerate().map(of_table).collect::<Vec<_>>().join(" UNION ALL ");
    let sql = render(session.dialect(), &format!("{template} ORDER BY 1"));
    let count = ColumnKind::Integer { bits: 64 };
    let kinds = [count, count, ColumnKind::Decimal { precision: 20, scale: 0 }, ColumnKind::DateTime { fraction: true }];
    let rows = session.query_own(&sql, &vec![row::text(tenant_id); WATCHED.len()], &kinds).await?;
    let mut state = String::new();
    for value in rows.iter().flatten() {
        match value {
            Value::Number(number) => state.push_str(&number.to_string()),
            Value::DateTime(moment) => state.push_str(&moment.to_string()),
            _ => {}
        }
        state.push(';');
    }
    Ok(state)
}

fn hashed<T: MetaTuple>(stored: Vec<Stored<T>>) -> Vec<Hashed<T>> {
    stored.into_iter().map(|stored| Hashed { content_hash: content_hash(&stored.tuple.content()), stored }).collect()
}
