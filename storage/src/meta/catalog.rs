//! The definitions of a tenant as the engine compiles them (engine.md §3.1).

use nightowl_core::compile::{CatalogSource, EnabledWriters};
use nightowl_core::model::{Encryption, KeyStoreDefinition, Problems};
use nightowl_core::value::DateFormats;
use nightowl_core::value::encryption::AesKey;
use serde_json::Value as Json;

use super::MetaError;
use super::definitions::TenantDefinitions;
use super::tuple::MetaTuple;

impl TenantDefinitions {
    /// What the catalog of the tenant is compiled from. A tenant without an AES key of its own uses the global one.
    pub fn catalog_source(&self, global_key: Option<AesKey>, dates: DateFormats) -> Result<CatalogSource, MetaError> {
        let own_key = self.key_stores.iter().map(|stored| &stored.tuple).find(|key_store| key_store.key_type == Encryption::Aes.as_str());
        Ok(CatalogSource {
            tenant_id: self.tenant.tuple.tenant_id.clone(),
            topics: self.topics.iter().map(|topic| topic.stored.tuple.clone()).collect(),
            pipelines: self.pipelines.iter().map(|pipeline| (pipeline.stored.tuple.clone(), pipeline.content_hash.clone())).collect(),
            external_writers: self.external_writers.iter().map(|writer| writer.tuple.clone()).collect(),
            enabled_writers: EnabledWriters::default(),
            aes_key: own_key.map(aes_key).transpose()?.or(global_key),
            dates,
        })
    }

    /// What was wrong with topics and pipelines as they are stored, before anything is compiled.
    pub fn problems(&self) -> Problems {
        let mut all = Problems::default();
        for problems in self.topics.iter().map(|topic| &topic.stored.problems).chain(self.pipelines.iter().map(|pipeline| &pipeline.stored.problems)) {
            all.extend(problems.clone());
        }
        all
    }
}

fn aes_key(key_store: &KeyStoreDefinition) -> Result<AesKey, MetaError> {
    let param = |name: &str| key_store.params.get(name).and_then(Json::as_str).unwrap_or_default();
    AesKey::new(param("key"), param("iv")).map_err(|error| MetaError::Damaged {
        kind: KeyStoreDefinition::KIND,
        id: key_store.id(),
        column: "params".to_owned(),
        reason: format!("holds no usable key: {error}"),
    })
}
