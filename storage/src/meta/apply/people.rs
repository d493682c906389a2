//! What `apply` does for user groups and enumerations: tuples for people and consoles, which no pipeline looks at.

use std::collections::HashMap;

use nightowl_core::model::{EnumDefinition, UserGroup};

use super::applier::{Applier, Matched};
use crate::meta::MetaError;
use crate::meta::enums::{items_of_enum, replace_items};
use crate::meta::tuple::is_faked;
use crate::meta::user_groups::set_membership;

impl Applier<'_> {
    /// User groups: the group says who belongs to it, and its users are told so.
    pub(super) async fn user_groups(&mut self, groups: &[UserGroup]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(groups.len());
        for group in groups {
            if let Some(tenant_id) = self.tenant_of(group).await? {
                let user_ids = group.user_ids.iter().map(|id| self.ids.users.get(id).unwrap_or(id).clone()).collect();
                tuples.push((tenant_id.clone(), UserGroup { tenant_id: Some(tenant_id), user_ids, ..group.clone() }));
            }
        }
        let matched = self.match_stored(tuples, |_, _| true, |group, id| group.user_group_id = id).await?;
        for Matched { tuple, stored, .. } in self.with_own_names(matched) {
            self.settle(&tuple, stored.as_ref()).await?;
            let former = stored.iter().flat_map(|stored| &stored.tuple.user_ids).filter(|id| !tuple.user_ids.contains(id));
            for user_id in former {
                set_membership(self.session, &tuple, user_id, false).await?;
            }
            for user_id in &tuple.user_ids {
                if !set_membership(self.session, &tuple, user_id, true).await? {
                    let reason = format!("its tenant has no user \"{user_id}\"");
                    self.mistake(&tuple, "definition-user-unknown", reason, "define the user in the files, or take the id out of userIds");
                }
            }
        }
        Ok(())
    }

    /// Enumerations with their items: a faked id of an item becomes that of the stored item of the same code, else a new one.
    pub(super) async fn enums(&mut self, enums: &[EnumDefinition]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(enums.len());
        for definition in enums {
            if let Some(tenant_id) = self.tenant_of(definition).await? {
                tuples.push((tenant_id.clone(), EnumDefinition { tenant_id: Some(tenant_id), ..definition.clone() }));
            }
        }
        let matched = self.match_stored(tuples, |_, _| true, |definition, id| definition.enum_id = id).await?;
        let matched = self.with_own_names(matched);
        for Matched { tuple, file_id, .. } in &matched {
            self.ids.enums.insert((tuple.tenant_id.clone().unwrap_or_default(), file_id.clone()), tuple.enum_id.clone());
        }
        for Matched { mut tuple, mut stored, .. } in matched {
            let of_tenant = |id: String| (tuple.tenant_id.clone().unwrap_or_default(), id);
            tuple.parent_enum_id = tuple.parent_enum_id.take().map(|id| self.ids.enums.get(&of_tenant(id.clone())).cloned().unwrap_or(id));
            if let Some(stored) = &mut stored {
                stored.tuple.items = items_of_enum(self.session, &stored.tuple.enum_id).await?;
            }
            let known: HashMap<&str, &str> =
                stored.iter().flat_map(|stored| &stored.tuple.items).map(|item| (item.code.as_str(), item.item_id.as_str())).collect();
            for item in tuple.items.iter_mut().filter(|item| is_faked(&item.item_id)) {
                item.item_id = match known.get(item.code.as_str()) {
                    Some(id) => (*id).to_owned(),
                    None => self.edit.new_id()?,
                };
            }
            // The order of items is that of their ids: the table keeps no other.
            tuple.items.sort_by(|left, right| left.item_id.cmp(&right.item_id));
            let changed = stored.as_ref().is_none_or(|stored| stored.tuple.items != tuple.items);
            self.settle(&tuple, stored.as_ref()).await?;
            if changed {
                replace_items(self.session, &tuple).await?;
            }
        }
        Ok(())
    }
}
