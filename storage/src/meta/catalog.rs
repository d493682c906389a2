//! The definitions of a tenant as the engine compiles them (engine.md §3.1).

use nightowl_core::compile::{CatalogSource, EnabledWriters, PipelineSource};
use nightowl_core::model::{KeyStoreDefinition, Pipeline, Problems};
use nightowl_core::value::DateFormats;
use nightowl_core::value::encryption::AesKey;

use super::MetaError;
use super::definitions::{Hashed, TenantDefinitions};
use super::tuple::{MetaTuple, Stored};

impl TenantDefinitions {
    /// What the catalog of the tenant is compiled from. A tenant without an AES key of its own uses the global one. What
    /// could not be read of a pipeline goes with it, so that it is broken and not merely shorter (D-02).
    pub fn catalog_source(&self, global_key: Option<AesKey>, dates: DateFormats) -> Result<CatalogSource, MetaError> {
        Ok(CatalogSource {
            tenant_id: self.tenant.tuple.tenant_id.clone(),
            topics: self.topics.iter().map(|topic| topic.stored.tuple.clone()).collect(),
            pipelines: self.pipelines.iter().map(pipeline_source).collect(),
            external_writers: self.external_writers.iter().map(|writer| writer.tuple.clone()).collect(),
            enabled_writers: EnabledWriters::default(),
            data_sources: self.data_sources.iter().map(|source| source.tuple.clone()).collect(),
            aes_key: own_key(&self.key_stores)?.or(global_key),
            dates,
            real_columns: self.real_columns.clone(),
        })
    }

    /// What was wrong with topics as they are stored, before anything is compiled. What was wrong with pipelines is told
    /// when they are compiled.
    pub fn problems(&self) -> Problems {
        let mut all = Problems::default();
        for topic in &self.topics {
            all.extend(topic.stored.problems.clone());
        }
        all
    }
}

fn pipeline_source(pipeline: &Hashed<Pipeline>) -> PipelineSource {
    PipelineSource { definition: pipeline.stored.tuple.clone(), hash: pipeline.content_hash.clone(), problems: pipeline.stored.problems.clone() }
}

fn own_key(key_stores: &[Stored<KeyStoreDefinition>]) -> Result<Option<AesKey>, MetaError> {
    let Some((key_store, key)) = key_stores.iter().find_map(|stored| Some((&stored.tuple, stored.tuple.aes_key()?))) else { return Ok(None) };
    key.map(Some).map_err(|error| MetaError::Damaged {
        kind: KeyStoreDefinition::KIND,
        id: key_store.id(),
        column: "params".to_owned(),
        reason: format!("holds no usable key: {error}"),
    })
}
