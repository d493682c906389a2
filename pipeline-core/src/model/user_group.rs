//! User groups: who shares what, for consoles; pipelines do not look at them (storage.md §15.3).

use serde_json::{Value as Json, json};

use super::{Place, Problems, Reader};

/// A user group. It is the group that says who belongs to it; users carry its id as a copy of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserGroup {
    /// Its id; blank when it is to be made.
    pub user_group_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Its members.
    pub user_ids: Vec<String>,
    /// The spaces that it may use.
    pub space_ids: Vec<String>,
    /// The objectives that it may see.
    pub objective_ids: Vec<String>,
    /// The convergences that it may see.
    pub convergence_ids: Vec<String>,
    /// The tenant that owns it.
    pub tenant_id: Option<String>,
}

impl UserGroup {
    pub(super) fn read(json: &Json, label: &str, problems: &mut Problems) -> Option<Self> {
        let mut reader = Reader::new(json, Place::tuple("user group", label), problems)?;
        Some(Self {
            user_group_id: reader.filled("userGroupId").unwrap_or_default(),
            name: reader.required("name"),
            description: reader.text("description"),
            user_ids: reader.texts("userIds"),
            space_ids: reader.texts("spaceIds"),
            objective_ids: reader.texts("objectiveIds"),
            convergence_ids: reader.texts("convergenceIds"),
            tenant_id: reader.filled("tenantId"),
        })
    }

    /// The wire form.
    pub fn to_json(&self) -> Json {
        json!({
            "userGroupId": self.user_group_id, "name": self.name, "description": self.description, "userIds": self.user_ids,
            "spaceIds": self.space_ids, "objectiveIds": self.objective_ids, "convergenceIds": self.convergence_ids, "tenantId": self.tenant_id,
        })
    }
}
