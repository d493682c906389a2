//! Tenants (storage.md §15.3 `tenants`).

use nightowl_core::model::{Problems, Tenant};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{TENANTS, Table};
use super::tuple::{Mapped, MetaTuple};

impl MetaTuple for Tenant {
    const KIND: &'static str = "tenant";
    const NAME_COLUMN: &'static str = "name";
    const NAMED_WITHIN_TENANT: bool = false;

    fn id(&self) -> String {
        self.tenant_id.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tenant_id(&self) -> Option<&str> {
        Some(&self.tenant_id)
    }

    fn content(&self) -> Json {
        json!({"tenantId": self.tenant_id, "name": self.name})
    }
}

impl Mapped for Tenant {
    fn table() -> &'static Table {
        &TENANTS
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        Ok(Self { tenant_id: row.text("tenant_id"), name: row.text("name") })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![("tenant_id", row::text(&self.tenant_id)), ("name", row::text(&self.name))]
    }
}
