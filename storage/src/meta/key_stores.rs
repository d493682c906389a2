//! Key stores (storage.md §15.3 `key_stores`). Their key is the tenant and the method, so the id is both: `tenant/method`.

use nightowl_core::model::{KeyStoreDefinition, Problems};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{KEY_STORES, Table};
use super::tuple::{Mapped, MetaTuple};
use crate::sql::SqlValue;

impl MetaTuple for KeyStoreDefinition {
    const KIND: &'static str = "key store";
    const NAME_COLUMN: &'static str = "key_type";

    fn id(&self) -> String {
        format!("{}/{}", self.tenant_id.as_deref().unwrap_or_default(), self.key_type)
    }

    fn name(&self) -> &str {
        &self.key_type
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        json!({"tenantId": self.tenant_id, "keyType": self.key_type, "params": self.params})
    }
}

impl Mapped for KeyStoreDefinition {
    fn table() -> &'static Table {
        &KEY_STORES
    }

    fn key(id: &str) -> Vec<SqlValue> {
        let (tenant_id, key_type) = id.split_once('/').unwrap_or((id, ""));
        vec![row::text(tenant_id), row::text(key_type)]
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        Ok(Self { tenant_id: row.filled("tenant_id"), key_type: row.text("key_type"), params: row.json("params") })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
            ("key_type", row::text(&self.key_type)),
            ("params", SqlValue::Json(self.params.to_string())),
        ]
    }
}
