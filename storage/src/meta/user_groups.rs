//! User groups (storage.md §15.3 `user_groups`). Who belongs to one is copied to `users.group_ids` (surface.md §8).

use nightowl_core::model::{Problems, UserGroup};
use serde_json::{Value as Json, json};

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::{Table, USER_GROUPS, USERS};
use super::tuple::{Mapped, MetaTuple};
use crate::sql::SqlSession;

impl MetaTuple for UserGroup {
    const KIND: &'static str = "user group";
    const NAME_COLUMN: &'static str = "name";

    fn id(&self) -> String {
        self.user_group_id.clone()
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

impl Mapped for UserGroup {
    fn table() -> &'static Table {
        &USER_GROUPS
    }

    fn read(row: &Row, _problems: &mut Problems) -> Result<Self, MetaError> {
        Ok(Self {
            user_group_id: row.text("user_group_id"),
            name: row.text("name"),
            description: row.optional("description"),
            user_ids: row.texts("user_ids"),
            space_ids: row.texts("space_ids"),
            objective_ids: row.texts("objective_ids"),
            convergence_ids: row.texts("convergence_ids"),
            tenant_id: row.filled("tenant_id"),
        })
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            ("user_group_id", row::text(&self.user_group_id)),
            ("name", row::text(&self.name)),
            ("description", row::optional(self.description.as_deref())),
            ("user_ids", row::json(&json!(self.user_ids))),
            ("space_ids", row::json(&json!(self.space_ids))),
            ("objective_ids", row::json(&json!(self.objective_ids))),
            ("convergence_ids", row::json(&json!(self.convergence_ids))),
            ("tenant_id", row::optional(self.tenant_id.as_deref())),
        ]
    }
}

/// Has a user carry the id of a group, or carry it no longer. False where its tenant has no such user.
pub(super) async fn set_membership(session: &mut dyn SqlSession, group: &UserGroup, user_id: &str, belongs: bool) -> Result<bool, MetaError> {
    let condition = "{user_id} = ? AND {tenant_id} = ?";
    let of_condition = vec![row::text(user_id), row::optional(group.tenant_id.as_deref())];
    let rows = row::select(session, &USERS, "user", condition, &of_condition).await?;
    let Some(user) = rows.first() else { return Ok(false) };
    let mut group_ids = user.texts("group_ids");
    if group_ids.contains(&group.user_group_id) != belongs {
        group_ids.retain(|id| *id != group.user_group_id);
        if belongs {
            group_ids.push(group.user_group_id.clone());
        }
        row::update(session, &USERS, vec![("group_ids", row::json(&json!(group_ids)))], condition, of_condition).await?;
    }
    Ok(true)
}
