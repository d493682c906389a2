//! Enumerations: the choices of coded factors, for people and consoles; pipelines do not look at them (storage.md §15.3).

use serde_json::{Value as Json, json};

use super::{Place, Problems, Reader};

/// An enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumDefinition {
    /// Its id; blank when it is to be made.
    pub enum_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// The enumeration whose items are the parents of its own.
    pub parent_enum_id: Option<String>,
    /// Its items, in their order.
    pub items: Vec<EnumItem>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
}

/// One choice of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumItem {
    /// Its id; blank when it is to be made.
    pub item_id: String,
    /// What rows hold.
    pub code: String,
    /// What people read.
    pub label: Option<String>,
    /// The code of its parent.
    pub parent_code: Option<String>,
    /// The code that stands for it now.
    pub replace_code: Option<String>,
}

impl EnumDefinition {
    pub(super) fn read(json: &Json, label: &str, problems: &mut Problems) -> Option<Self> {
        let mut reader = Reader::new(json, Place::tuple("enum", label), problems)?;
        Some(Self {
            enum_id: reader.filled("enumId").unwrap_or_default(),
            name: reader.required("name"),
            description: reader.text("description"),
            parent_enum_id: reader.filled("parentEnumId"),
            items: reader.list("items", "item", |item| {
                Some(EnumItem {
                    item_id: item.filled("itemId").unwrap_or_default(),
                    code: item.required("code"),
                    label: item.text("label"),
                    parent_code: item.filled("parentCode"),
                    replace_code: item.filled("replaceCode"),
                })
            }),
            tenant_id: reader.filled("tenantId"),
        })
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        let item = |item: &EnumItem| json!({"itemId": item.item_id, "code": item.code, "label": item.label, "parentCode": item.parent_code, "replaceCode": item.replace_code});
        json!({
            "enumId": self.enum_id, "name": self.name, "description": self.description, "parentEnumId": self.parent_enum_id,
            "items": self.items.iter().map(item).collect::<Json>(), "tenantId": self.tenant_id,
        })
    }
}
