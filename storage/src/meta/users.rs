//! Users (storage.md §15.3 `users`). Their names are unique across tenants.

use nightowl_core::model::{Problems, UserDefinition};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{Table, USERS};
use super::tuple::{Mapped, MetaTuple};

impl MetaTuple for UserDefinition {
    const KIND: &'static str = "user";
    const NAME_COLUMN: &'static str = "name";
    const NAMED_WITHIN_TENANT: bool = false;

    fn id(&self) -> String {
        self.user_id.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        json!({
            "userId": self.user_id, "name": self.name, "nickName": self.nick_name, "password": self.password, "isActive": self.is_active,
            "role": self.role, "tenantId": self.tenant_id,
        })
    }
}

impl Mapped for UserDefinition {
    fn table() -> &'static Table {
        &USERS
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        Ok(Self {
            user_id: row.text("user_id"),
            name: row.text("name"),
            nick_name: row.optional("nickname"),
            password: row.filled("password"),
            is_active: row.flag("is_active"),
            role: row.text("role"),
            tenant_id: row.filled("tenant_id"),
        })
    }

    /// The password is a hash by now; without one the stored one stays (surface.md §8).
    fn cells(&self) -> Vec<Cell> {
        let mut cells = vec![
            ("user_id", row::text(&self.user_id)),
            ("name", row::text(&self.name)),
            ("nickname", row::optional(self.nick_name.as_deref())),
            ("is_active", row::flag(self.is_active)),
            ("role", row::text(&self.role)),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ];
        if let Some(hash) = &self.password {
            cells.push(("password", row::text(hash)));
        }
        cells
    }
}
