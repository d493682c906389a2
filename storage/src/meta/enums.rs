//! Enumerations (storage.md §15.3 `enums`, `enum_items`): the items are rows of their own, which a save replaces.

use nightowl_core::model::{EnumDefinition, EnumItem, Problems};
use serde_json::Value as Json;

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{ENUM_ITEMS, ENUMS, Table};
use super::tuple::{Mapped, MetaTuple};
use crate::sql::SqlSession;

impl MetaTuple for EnumDefinition {
    const KIND: &'static str = "enum";
    const NAME_COLUMN: &'static str = "name";

    fn id(&self) -> String {
        self.enum_id.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn tenant_id(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }

    fn content(&self) -> Json {
        self.to_json()
    }
}

impl Mapped for EnumDefinition {
    fn table() -> &'static Table {
        &ENUMS
    }

    /// Without its items: [`items_of_enum`] gives them.
    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        Ok(Self {
            enum_id: row.text("enum_id"),
            name: row.text("name"),
            description: row.optional("description"),
            parent_enum_id: row.filled("parent_enum_id"),
            items: Vec::new(),
            tenant_id: row.filled("tenant_id"),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            ("enum_id", row::text(&self.enum_id)),
            ("name", row::text(&self.name)),
            ("description", row::optional(self.description.as_deref())),
            ("parent_enum_id", row::optional(self.parent_enum_id.as_deref())),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}

/// The items of an enumeration, in the order of their ids.
pub async fn items_of_enum(session: &mut dyn SqlSession, enum_id: &str) -> Result<Vec<EnumItem>, MetaError> {
    let rows = row::select(session, &ENUM_ITEMS, "enum item", "{enum_id} = ? ORDER BY {item_id}", &[row::text(enum_id)]).await?;
    let item = |row: &Row| EnumItem {
        item_id: row.text("item_id"),
        code: row.text("code"),
        label: row.optional("label"),
        parent_code: row.filled("parent_code"),
        replace_code: row.filled("replace_code"),
    };
    Ok(rows.iter().map(item).collect())
}

/// Puts the items of an enumeration in the place of those that it had.
pub(super) async fn replace_items(session: &mut dyn SqlSession, definition: &EnumDefinition) -> Result<(), MetaError> {
    row::delete(session, &ENUM_ITEMS, "{enum_id} = ?", &[row::text(&definition.enum_id)]).await?;
    for item in &definition.items {
        let cells = vec![
            ("item_id", row::text(&item.item_id)),
            ("code", row::text(&item.code)),
            ("label", row::optional(item.label.as_deref())),
            ("parent_code", row::optional(item.parent_code.as_deref())),
            ("replace_code", row::optional(item.replace_code.as_deref())),
            ("enum_id", row::text(&definition.enum_id)),
            ("tenant_id", row::optional(definition.tenant_id.as_deref())),
        ];
        row::insert(session, &ENUM_ITEMS, cells).await?;
    }
    Ok(())
}
