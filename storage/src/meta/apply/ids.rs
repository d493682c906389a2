//! Which id stands for which: ids of the files that are faked, or that the store knows under another id.

use std::collections::HashMap;

use nightowl_core::model::{Pipeline, Problems};
use serde_json::{Map, Value as Json};

use crate::meta::tuple::is_faked;
use crate::meta::{Edit, MetaError};

/// A tenant, and an id in the files.
type Key = (String, String);

/// Ids of the files with what they stand for.
#[derive(Debug, Default)]
pub(super) struct IdMap {
    pub(super) tenants: HashMap<String, String>,
    pub(super) data_sources: HashMap<Key, String>,
    pub(super) external_writers: HashMap<Key, String>,
    pub(super) enums: HashMap<Key, String>,
    pub(super) users: HashMap<String, String>,
    topics: HashMap<Key, String>,
    /// By the topic's id in the files and the factor's.
    factors: HashMap<(String, String, String), String>,
}

impl IdMap {
    /// Notes what a topic's id stands for; `false` where it stands for another one already.
    pub(super) fn topic(&mut self, tenant_id: &str, from: &str, to: &str) -> bool {
        if from.trim().is_empty() || from == to {
            return true;
        }
        self.topics.insert((tenant_id.to_owned(), from.to_owned()), to.to_owned()).is_none()
    }

    /// Notes what a factor's id stands for.
    pub(super) fn factor(&mut self, tenant_id: &str, topic_id: &str, from: &str, to: &str) {
        if from != to {
            self.factors.insert((tenant_id.to_owned(), topic_id.to_owned(), from.to_owned()), to.to_owned());
        }
    }

    /// The pipeline with the ids that its references stand for.
    pub(super) fn rewrite(&self, pipeline: Pipeline, tenant_id: &str) -> Pipeline {
        if self.topics.is_empty() && self.factors.is_empty() && self.external_writers.is_empty() {
            return pipeline;
        }
        let mut json = pipeline.to_json();
        self.rewrite_json(&mut json, tenant_id, "");
        // It was read from such JSON once, so it is read again.
        Pipeline::read(&json, &mut Problems::default()).unwrap_or(pipeline)
    }

    /// References are keys of the wire form. A `factorId` belongs to the nearest `topicId` around it.
    fn rewrite_json(&self, json: &mut Json, tenant_id: &str, topic_id: &str) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(|item| self.rewrite_json(item, tenant_id, topic_id)),
            Json::Object(object) => {
                let own = object.get("topicId").and_then(Json::as_str).map(str::to_owned);
                let topic_id = own.as_deref().unwrap_or(topic_id);
                self.rewrite_keys(object, tenant_id, topic_id);
                object.values_mut().for_each(|value| self.rewrite_json(value, tenant_id, topic_id));
            }
            _ => {}
        }
    }

    fn rewrite_keys(&self, object: &mut Map<String, Json>, tenant_id: &str, topic_id: &str) {
        let factor = |id: &str| self.factors.get(&(tenant_id.to_owned(), topic_id.to_owned(), id.to_owned()));
        let topic = |id: &str| self.topics.get(&(tenant_id.to_owned(), id.to_owned()));
        let writer = |id: &str| self.external_writers.get(&(tenant_id.to_owned(), id.to_owned()));
        let found = [
            ("factorId", object.get("factorId").and_then(Json::as_str).and_then(factor)),
            ("topicId", object.get("topicId").and_then(Json::as_str).and_then(topic)),
            ("externalWriterId", object.get("externalWriterId").and_then(Json::as_str).and_then(writer)),
        ];
        let found = found.map(|(key, id)| (key, id.cloned()));
        for (key, id) in found {
            if let Some(id) = id {
                object.insert(key.to_owned(), id.into());
            }
        }
    }
}

/// Gives faked ids of stages, units and actions a real one: that of the stored pipeline at the same place, else a new one.
pub(super) fn settle_inner_ids(pipeline: &mut Pipeline, stored: Option<&Pipeline>, edit: &Edit<'_>) -> Result<(), MetaError> {
    let mut renamed: HashMap<String, String> = HashMap::new();
    for (position, stage) in pipeline.stages.iter_mut().enumerate() {
        let old_stage = stored.and_then(|stored| stored.stages.get(position));
        let former = stage.stage_id.clone();
        settle(&mut stage.stage_id, old_stage.map(|old| &old.stage_id), edit)?;
        if former != stage.stage_id {
            renamed.insert(former, stage.stage_id.clone());
        }
        for (position, unit) in stage.units.iter_mut().enumerate() {
            let old_unit = old_stage.and_then(|old| old.units.get(position));
            settle(&mut unit.unit_id, old_unit.map(|old| &old.unit_id), edit)?;
            for (position, action) in unit.actions.iter_mut().enumerate() {
                let old_action = old_unit.and_then(|old| old.actions.get(position));
                settle(&mut action.action_id, old_action.map(|old| &old.action_id), edit)?;
            }
        }
    }
    for needed in pipeline.stages.iter_mut().filter_map(|stage| stage.depends_on.as_mut()).flatten() {
        if let Some(id) = renamed.get(needed) {
            needed.clone_from(id);
        }
    }
    Ok(())
}

fn settle(id: &mut String, stored: Option<&String>, edit: &Edit<'_>) -> Result<(), MetaError> {
    if is_faked(id) {
        *id = match stored.filter(|stored| !is_faked(stored)) {
            Some(stored) => stored.clone(),
            None => edit.new_id()?,
        };
    }
    Ok(())
}
