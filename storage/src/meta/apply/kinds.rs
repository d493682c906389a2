//! What `apply` does for each kind of tuple, in the order in which they depend on each other.

use nightowl_auth::{hash_password, verify_password};
use nightowl_core::model::{DataSource, ExternalWriterDefinition, KeyStoreDefinition, Pipeline, Tenant, Topic, UserDefinition};

use super::applier::{Applier, Matched, place_of};
use super::ids::settle_inner_ids;
use super::{DataSourceTarget, UnknownDataSource};
use crate::meta::tuple::{self, MetaTuple, is_faked};
use crate::meta::{MetaError, PasswordSeal, SUPER_ADMIN_TENANT_ID};

/// What the forms of a data source's password that may be stored begin with (storage.md §14.1, §14.3).
const STORABLE_PASSWORDS: &[&str] = &["{AES}", "{AES2}", "env:", "file:"];

impl Applier<'_> {
    /// Tenants.
    pub(super) async fn tenants(&mut self, tenants: &[Tenant]) -> Result<(), MetaError> {
        let tuples = tenants.iter().map(|tenant| (tenant.tenant_id.clone(), tenant.clone())).collect();
        let matched = self
            .match_stored(tuples, |stored, wanted| is_faked(&wanted.tenant_id) || stored.tenant_id == wanted.tenant_id, |tenant, id| tenant.tenant_id = id)
            .await?;
        for Matched { tuple, file_id, stored } in matched {
            self.settle(&tuple, stored.as_ref()).await?;
            self.know_tenant(&tuple.tenant_id);
            if file_id != tuple.tenant_id {
                self.ids.tenants.insert(file_id, tuple.tenant_id);
            }
        }
        Ok(())
    }

    /// Users: a clear password is hashed, and one that is missing stays as it is.
    pub(super) async fn users(&mut self, users: &[UserDefinition]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(users.len());
        for user in users {
            let is_super = user.role == "superadmin" && user.tenant_id.as_deref() == Some(SUPER_ADMIN_TENANT_ID);
            let tenant_id = if is_super { Some(SUPER_ADMIN_TENANT_ID.to_owned()) } else { self.tenant_of(user).await? };
            if !["console", "admin", "superadmin"].contains(&user.role.as_str()) {
                self.mistake(user, "definition-unknown-value", format!("role \"{}\" is not known", user.role), "use one of: console, admin, superadmin");
            }
            if let Some(tenant_id) = tenant_id {
                tuples.push((tenant_id.clone(), UserDefinition { tenant_id: Some(tenant_id), ..user.clone() }));
            }
        }
        let matched = self.match_stored(tuples, |_, _| true, |user, id| user.user_id = id).await?;
        for Matched { mut tuple, file_id, stored } in self.with_own_names(matched) {
            if let Some(owner) = stored.as_ref().and_then(|stored| stored.tuple.tenant_id.as_deref()).filter(|owner| Some(*owner) != tuple.tenant_id.as_deref())
            {
                let reason = format!("a user of this name belongs to tenant \"{owner}\"");
                self.mistake(&tuple, "definition-id-of-another-tenant", reason, "take another name: they are unique across tenants");
                continue;
            }
            tuple.password = password_hash(&tuple, stored.as_ref().and_then(|stored| stored.tuple.password.as_deref()))?;
            self.settle(&tuple, stored.as_ref()).await?;
            self.ids.users.insert(file_id, tuple.user_id);
        }
        Ok(())
    }

    /// Data sources: a password is stored sealed or as a reference, and one that is missing stays as it is.
    pub(super) async fn data_sources(&mut self, data_sources: &[DataSource]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(data_sources.len());
        for data_source in data_sources {
            if let Some(tenant_id) = self.tenant_of(data_source).await? {
                tuples.push((tenant_id.clone(), DataSource { tenant_id: Some(tenant_id), ..data_source.clone() }));
            }
        }
        let matched = self.match_stored(tuples, |_, _| true, |data_source, id| data_source.data_source_id = id).await?;
        for Matched { mut tuple, file_id, stored } in matched {
            let kept = stored.as_ref().and_then(|stored| stored.tuple.password.clone());
            tuple.password = self.storable_password(&tuple, kept)?;
            self.settle(&tuple, stored.as_ref()).await?;
            self.ids.data_sources.insert((tuple.tenant_id.unwrap_or_default(), file_id), tuple.data_source_id);
        }
        Ok(())
    }

    fn storable_password(&mut self, data_source: &DataSource, kept: Option<String>) -> Result<Option<String>, MetaError> {
        let Some(password) = &data_source.password else { return Ok(kept) };
        if STORABLE_PASSWORDS.iter().any(|start| password.starts_with(start)) {
            return Ok(Some(password.clone()));
        }
        let Some(seal) = &self.options.seal else {
            let remedy = "write env:NAME or file:/path instead, or set the key that seals passwords";
            self.mistake(data_source, "definition-password-in-clear", "a password in clear can not be stored", remedy);
            return Ok(kept);
        };
        // Sealing again gives another text; who applies the same password twice changes nothing.
        if let Some(kept) = kept.filter(|kept| PasswordSeal::is_sealed(kept) && seal.open(kept).as_deref() == Ok(password)) {
            return Ok(Some(kept));
        }
        let sealed = seal.seal(password);
        let name = &data_source.data_source_code;
        sealed.map(Some).map_err(|error| MetaError::Password { kind: DataSource::KIND, name: name.clone(), reason: error.to_string() })
    }

    /// Key stores: tenant and method are their id.
    pub(super) async fn key_stores(&mut self, key_stores: &[KeyStoreDefinition]) -> Result<(), MetaError> {
        for key_store in key_stores {
            let Some(tenant_id) = self.tenant_of(key_store).await? else { continue };
            let tuple = KeyStoreDefinition { tenant_id: Some(tenant_id), ..key_store.clone() };
            let stored = tuple::find::<KeyStoreDefinition>(self.session, &tuple.id()).await?;
            self.settle(&tuple, stored.as_ref()).await?;
        }
        Ok(())
    }

    /// External writers: a token that is missing stays as it is, since exports have none.
    pub(super) async fn external_writers(&mut self, writers: &[ExternalWriterDefinition]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(writers.len());
        for writer in writers {
            if let Some(tenant_id) = self.tenant_of(writer).await? {
                tuples.push((tenant_id.clone(), ExternalWriterDefinition { tenant_id: Some(tenant_id), ..writer.clone() }));
            }
        }
        let matched = self.match_stored(tuples, |_, _| true, |writer, id| writer.writer_id = id).await?;
        for Matched { mut tuple, file_id, stored } in self.with_own_names(matched) {
            if tuple.pat.is_none() {
                tuple.pat = stored.as_ref().and_then(|stored| stored.tuple.pat.clone());
            }
            self.settle(&tuple, stored.as_ref()).await?;
            if file_id != tuple.writer_id {
                self.ids.external_writers.insert((tuple.tenant_id.unwrap_or_default(), file_id), tuple.writer_id);
            }
        }
        Ok(())
    }

    /// Topics: faked ids of factors become those of the stored factors of the same name, else new ones.
    pub(super) async fn topics(&mut self, topics: &[Topic]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(topics.len());
        for topic in topics {
            let Some(tenant_id) = self.tenant_of(topic).await? else { continue };
            let data_source_id = self.data_source_of(topic, &tenant_id).await?;
            tuples.push((tenant_id.clone(), Topic { tenant_id: Some(tenant_id), data_source_id, ..topic.clone() }));
        }
        let matched = self.match_stored(tuples, |_, _| true, |topic, id| topic.topic_id = id).await?;
        for Matched { mut tuple, file_id, stored } in self.with_own_names(matched) {
            let tenant_id = tuple.tenant_id.clone().unwrap_or_default();
            if !self.ids.topic(&tenant_id, &file_id, &tuple.topic_id) {
                let reason = format!("id \"{file_id}\" is that of another topic, too, so it is not clear which one is referred to");
                self.mistake(&tuple, "definition-id-twice", reason, "give each its own id");
            }
            let is_other = !is_faked(&file_id) && file_id != tuple.topic_id;
            for factor in &mut tuple.factors {
                let same_name = stored.iter().flat_map(|stored| &stored.tuple.factors).find(|known| known.name == factor.name && !is_faked(&known.factor_id));
                let former = factor.factor_id.clone();
                match same_name {
                    Some(known) if is_other || is_faked(&former) => factor.factor_id.clone_from(&known.factor_id),
                    None if is_faked(&former) => factor.factor_id = self.edit.new_id()?,
                    _ => {}
                }
                self.ids.factor(&tenant_id, &file_id, &former, &factor.factor_id);
                if let Some(id) = factor.enum_id.as_ref().and_then(|id| self.ids.enums.get(&(tenant_id.clone(), id.clone()))) {
                    factor.enum_id = Some(id.clone());
                }
            }
            self.settle(&tuple, stored.as_ref()).await?;
        }
        Ok(())
    }

    /// The data source that a topic of the files means (storage.md §14.6).
    async fn data_source_of(&mut self, topic: &Topic, tenant_id: &str) -> Result<Option<String>, MetaError> {
        let Some(named) = topic.data_source_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) else { return Ok(None) };
        let wanted = match self.options.data_sources.get(named) {
            Some(DataSourceTarget::DefaultStore) => return Ok(None),
            Some(DataSourceTarget::DataSource(id)) => id.as_str(),
            None => named,
        };
        if let Some(id) = self.ids.data_sources.get(&(tenant_id.to_owned(), wanted.to_owned())) {
            return Ok(Some(id.clone()));
        }
        let stored = tuple::find::<DataSource>(self.session, wanted).await?;
        if stored.is_some_and(|stored| stored.tuple.tenant_id.as_deref() == Some(tenant_id)) {
            return Ok(Some(wanted.to_owned()));
        }
        let place = place_of(topic).key("dataSourceId");
        let reason = format!("tenant \"{tenant_id}\" has no data source \"{wanted}\"");
        match self.options.unknown_data_source {
            UnknownDataSource::Refuse => {
                let remedy = format!("use --data-source {named}=NEW or --data-source {named}=default, or define the data source");
                self.problems.error("definition-data-source-unknown", &place, reason, remedy);
            }
            UnknownDataSource::DefaultStore => self.problems.warning("definition-data-source-unknown", &place, reason, "the default store is used instead"),
        }
        Ok(None)
    }

    /// Pipelines: their names are not unique, so one of the same name is meant only when it has the same trigger topic.
    pub(super) async fn pipelines(&mut self, pipelines: &[Pipeline]) -> Result<(), MetaError> {
        let mut tuples = Vec::with_capacity(pipelines.len());
        for pipeline in pipelines {
            let Some(tenant_id) = self.tenant_of(pipeline).await? else { continue };
            let pipeline = self.ids.rewrite(pipeline.clone(), &tenant_id);
            tuples.push((tenant_id.clone(), Pipeline { tenant_id: Some(tenant_id), ..pipeline }));
        }
        let matched = self.match_stored(tuples, |stored, wanted| stored.topic_id == wanted.topic_id, |pipeline, id| pipeline.pipeline_id = id).await?;
        for Matched { mut tuple, stored, .. } in matched {
            settle_inner_ids(&mut tuple, stored.as_ref().map(|stored| &stored.tuple), self.edit)?;
            self.settle(&tuple, stored.as_ref()).await?;
        }
        Ok(())
    }
}

/// What is stored of a user's password: the hash that is there while the password is the same one.
fn password_hash(user: &UserDefinition, stored: Option<&str>) -> Result<Option<String>, MetaError> {
    let Some(password) = &user.password else { return Ok(stored.map(str::to_owned)) };
    if password.starts_with("$argon2") || password.starts_with("$2") {
        return Ok(Some(password.clone()));
    }
    let clear = password.as_str().into();
    if let Some(stored) = stored.filter(|stored| verify_password(&clear, &(*stored).into())) {
        return Ok(Some(stored.to_owned()));
    }
    let hash = hash_password(&clear).map_err(|error| MetaError::Password { kind: UserDefinition::KIND, name: user.name.clone(), reason: error.to_string() })?;
    Ok(Some(secrecy::ExposeSecret::expose_secret(&hash).to_owned()))
}
