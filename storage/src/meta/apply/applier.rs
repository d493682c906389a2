//! One run of `apply`: what all kinds of tuples have in common.

use std::collections::{HashMap, HashSet};

use nightowl_core::model::{ExternalWriterDefinition, Pipeline, Place, Problems, Severity, Tenant, Topic, TopicKind};
use serde_json::Value as Json;

use super::ids::IdMap;
use super::{ApplyOptions, Change, Plan, PlanItem};
use crate::meta::tuple::{self, Expected, MetaTuple, Stored, is_faked};
use crate::meta::{Edit, MetaError, row};
use crate::sql::SqlSession;

/// A tuple of the files with the stored one that it is meant to be.
pub(super) struct Matched<T> {
    /// As the files have it, with tenant and id settled.
    pub(super) tuple: T,
    /// Its id in the files.
    pub(super) file_id: String,
    /// What is stored.
    pub(super) stored: Option<Stored<T>>,
}

/// One run of `apply`. Mistakes are collected; what is written in spite of one is undone in the end.
pub(super) struct Applier<'a> {
    pub(super) session: &'a mut dyn SqlSession,
    pub(super) options: &'a ApplyOptions,
    pub(super) edit: &'a Edit<'a>,
    pub(super) ids: IdMap,
    pub(super) problems: Problems,
    items: Vec<PlanItem>,
    /// The tenants that are known to exist.
    tenants: HashSet<String>,
    /// Tenant and kind and id of every tuple of the files, for pruning.
    kept: HashSet<(String, &'static str, String)>,
}

impl<'a> Applier<'a> {
    pub(super) fn new(session: &'a mut dyn SqlSession, options: &'a ApplyOptions, edit: &'a Edit<'a>) -> Self {
        Self { session, options, edit, ids: IdMap::default(), problems: Problems::default(), items: Vec::new(), tenants: HashSet::new(), kept: HashSet::new() }
    }

    /// The plan, or everything that is wrong.
    pub(super) fn into_plan(self) -> Result<Plan, MetaError> {
        if self.problems.has_errors() {
            let errors = self.problems.into_iter().filter(|problem| problem.severity == Severity::Error);
            return Err(MetaError::Definitions(errors.collect()));
        }
        Ok(Plan { items: self.items, warnings: self.problems })
    }

    /// Notes a mistake in a tuple.
    pub(super) fn mistake<T: MetaTuple>(&mut self, tuple: &T, code: &'static str, reason: impl Into<String>, remedy: impl Into<String>) {
        self.problems.error(code, &place_of(tuple), reason, remedy);
    }

    /// The tenant that a tuple of the files belongs to; `None` and a mistake where there is none of that id.
    pub(super) async fn tenant_of<T: MetaTuple>(&mut self, tuple: &T) -> Result<Option<String>, MetaError> {
        let named = tuple.tenant_id().map_or(self.options.default_tenant.as_str(), str::trim);
        let tenant_id = self.ids.tenants.get(named).map_or(named, String::as_str).to_owned();
        if self.tenants.contains(&tenant_id) || tuple::find::<Tenant>(self.session, &tenant_id).await?.is_some() {
            self.tenants.insert(tenant_id.clone());
            return Ok(Some(tenant_id));
        }
        let reason = format!("tenant \"{tenant_id}\" does not exist and the files do not define it");
        self.mistake(tuple, "definition-tenant-unknown", reason, "define the tenant in the files, or name one that exists");
        Ok(None)
    }

    /// Finds for each tuple of a tenant the stored one: those with the same id first, then by name those that no other
    /// tuple of the files is. `fits` says whether one of the same name can be meant.
    pub(super) async fn match_stored<T: MetaTuple>(
        &mut self,
        tuples: Vec<(String, T)>,
        fits: impl Fn(&T, &T) -> bool + Send + Sync,
        with_id: impl Fn(&mut T, String) + Send + Sync,
    ) -> Result<Vec<Matched<T>>, MetaError> {
        let mut matched: Vec<(String, Matched<T>)> = Vec::with_capacity(tuples.len());
        let mut taken: HashMap<String, Json> = HashMap::new();
        for (tenant_id, tuple) in tuples {
            let file_id = tuple.id();
            let mut stored = None;
            if !is_faked(&file_id) {
                let content = tuple.content();
                match taken.get(&file_id) {
                    Some(same) if *same == content => continue,
                    Some(_) => {
                        self.mistake(&tuple, "definition-id-twice", format!("id \"{file_id}\" comes twice with different content"), "give each its own id");
                        continue;
                    }
                    None => taken.insert(file_id.clone(), content),
                };
                stored = tuple::find::<T>(self.session, &file_id).await?;
            }
            if let Some(foreign) = stored.as_ref().and_then(|stored| stored.tuple.tenant_id()).filter(|owner| *owner != tenant_id) {
                let reason = format!("id \"{file_id}\" belongs to tenant \"{foreign}\"");
                self.mistake(&tuple, "definition-id-of-another-tenant", reason, "take another id, or leave it out to have one made");
                continue;
            }
            matched.push((tenant_id, Matched { tuple, file_id, stored }));
        }
        let mut claimed: HashSet<String> = matched.iter().filter_map(|(_, one)| one.stored.as_ref()).map(|stored| stored.tuple.id()).collect();
        for (tenant_id, one) in &mut matched {
            if one.stored.is_none() && !one.tuple.name().trim().is_empty() {
                let named = self.named::<T>(tenant_id, one.tuple.name()).await?;
                one.stored = named.into_iter().find(|stored| !claimed.contains(&stored.tuple.id()) && fits(&stored.tuple, &one.tuple));
                claimed.extend(one.stored.as_ref().map(|stored| stored.tuple.id()));
            }
            let id = match &one.stored {
                Some(stored) => stored.tuple.id(),
                None if is_faked(&one.file_id) => self.edit.new_id()?,
                None => one.file_id.clone(),
            };
            with_id(&mut one.tuple, id);
        }
        Ok(matched.into_iter().map(|(_, one)| one).collect())
    }

    /// The stored tuples of a name, in the order of their ids.
    async fn named<T: MetaTuple>(&mut self, tenant_id: &str, name: &str) -> Result<Vec<Stored<T>>, MetaError> {
        let mut condition = format!("{{{}}} = ?", T::NAME_COLUMN);
        let mut values = vec![row::text(name)];
        if T::NAMED_WITHIN_TENANT {
            condition.push_str(" AND {tenant_id} = ?");
            values.push(row::text(tenant_id));
        }
        let mut found = tuple::select::<T>(self.session, &condition, &values).await?;
        found.sort_by_key(|stored| stored.tuple.id());
        Ok(found)
    }

    /// Two tuples of one name in one tenant are a mistake, where names are unique; the second one is left out.
    pub(super) fn with_own_names<T: MetaTuple>(&mut self, matched: Vec<Matched<T>>) -> Vec<Matched<T>> {
        let mut names: HashSet<(Option<String>, String)> = HashSet::new();
        let mut own = Vec::with_capacity(matched.len());
        for one in matched {
            if names.insert((one.tuple.tenant_id().map(str::to_owned), one.tuple.name().to_owned())) {
                own.push(one);
            } else {
                let reason = format!("another {} of its tenant has the same name", T::KIND);
                self.mistake(&one.tuple, "definition-name-twice", reason, "give each its own name");
            }
        }
        own
    }

    /// Writes a tuple where its content differs from what is stored, and notes it in the plan.
    pub(super) async fn settle<T: MetaTuple>(&mut self, tuple: &T, stored: Option<&Stored<T>>) -> Result<(), MetaError> {
        let keys = stored.map(|stored| differing_keys(&stored.tuple.content(), &tuple.content()));
        let change = match &keys {
            None => Change::Create,
            Some(keys) if keys.is_empty() && !stored.is_some_and(|stored| stored.problems.has_errors()) => Change::Unchanged,
            Some(_) => Change::Update,
        };
        match change {
            Change::Create => {
                tuple::create(self.session, tuple, self.edit).await?;
            }
            Change::Update => {
                tuple::update(self.session, tuple, Expected::Any, self.edit).await?;
            }
            Change::Unchanged | Change::Delete => {}
        }
        self.note(tuple, change, keys.unwrap_or_default());
        Ok(())
    }

    fn note<T: MetaTuple>(&mut self, tuple: &T, change: Change, keys: Vec<String>) {
        let tenant_id = tuple.tenant_id().unwrap_or_default().to_owned();
        self.kept.insert((tenant_id.clone(), T::KIND, tuple.id()));
        self.items.push(PlanItem { kind: T::KIND, id: tuple.id(), name: tuple.name().to_owned(), tenant_id, change, keys });
    }

    /// Notes that a tenant exists from now on.
    pub(super) fn know_tenant(&mut self, tenant_id: &str) {
        self.tenants.insert(tenant_id.to_owned());
    }

    /// Deletes what the files no longer hold, in tenants for which they hold something: pipelines, topics, external
    /// writers. Tables stay, and so do system topics, data sources, users and tenants.
    pub(super) async fn prune(&mut self) -> Result<(), MetaError> {
        let of_catalog = [Pipeline::KIND, Topic::KIND, ExternalWriterDefinition::KIND];
        let mut tenants: Vec<String> = self.kept.iter().filter(|(_, kind, _)| of_catalog.contains(kind)).map(|(tenant, _, _)| tenant.clone()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        for tenant_id in tenants {
            let topics = tuple::list::<Topic>(self.session, &tenant_id).await?;
            let system: HashSet<String> =
                topics.iter().filter(|stored| stored.tuple.kind == TopicKind::System).map(|stored| stored.tuple.topic_id.clone()).collect();
            self.prune_kind::<Pipeline>(&tenant_id, |pipeline| !system.contains(&pipeline.topic_id)).await?;
            self.prune_kind::<Topic>(&tenant_id, |topic| !system.contains(&topic.topic_id)).await?;
            self.prune_kind::<ExternalWriterDefinition>(&tenant_id, |_| true).await?;
        }
        Ok(())
    }

    async fn prune_kind<T: MetaTuple>(&mut self, tenant_id: &str, may_go: impl Fn(&T) -> bool + Send + Sync) -> Result<(), MetaError> {
        for stored in tuple::list::<T>(self.session, tenant_id).await? {
            let id = stored.tuple.id();
            if !self.kept.contains(&(tenant_id.to_owned(), T::KIND, id.clone())) && may_go(&stored.tuple) {
                tuple::delete::<T>(self.session, &id, self.edit).await?;
                let name = stored.tuple.name().to_owned();
                self.items.push(PlanItem { kind: T::KIND, id, name, tenant_id: tenant_id.to_owned(), change: Change::Delete, keys: Vec::new() });
            }
        }
        Ok(())
    }
}

/// Where a tuple is, for problems.
pub(super) fn place_of<T: MetaTuple>(tuple: &T) -> Place {
    let id = tuple.id();
    Place::tuple(T::KIND, if tuple.name().trim().is_empty() { &id } else { tuple.name() })
}

/// The keys under which two contents differ.
fn differing_keys(stored: &Json, wanted: &Json) -> Vec<String> {
    let (Some(stored), Some(wanted)) = (stored.as_object(), wanted.as_object()) else { return Vec::new() };
    wanted.iter().filter(|(key, value)| stored.get(*key) != Some(value)).map(|(key, _)| key.clone()).collect()
}
