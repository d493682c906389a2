//! Which definition stands in which file, so that what compiling finds can name it.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightowl_core::model::{Definitions, Place};

/// The files of topics and pipelines, by their tenant and the first step of their place.
#[derive(Debug, Default)]
pub struct Origins {
    files: BTreeMap<(Option<String>, String), Vec<Arc<str>>>,
}

impl Origins {
    /// Notes that definitions stand in a file.
    pub(super) fn note(&mut self, definitions: &Definitions, file: &Arc<str>) {
        for topic in &definitions.topics {
            self.add(topic.tenant_id.as_deref(), &Place::tuple("topic", &topic.name), file);
        }
        for pipeline in &definitions.pipelines {
            self.add(pipeline.tenant_id.as_deref(), &pipeline.place(), file);
        }
    }

    fn add(&mut self, tenant_id: Option<&str>, place: &Place, file: &Arc<str>) {
        let files = self.files.entry((tenant_id.map(str::to_owned), place.head().to_owned())).or_default();
        if !files.contains(file) {
            files.push(Arc::clone(file));
        }
    }

    /// The file of a place in a tenant's definitions. Where several files hold a tuple of that name, all are named.
    pub fn file_of(&self, tenant_id: &str, default_tenant: &str, place: &Place) -> Option<Arc<str>> {
        let of = |tenant: Option<&str>| self.files.get(&(tenant.map(str::to_owned), place.head().to_owned()));
        let unnamed = if tenant_id == default_tenant { of(None) } else { None };
        let files: Vec<&Arc<str>> = of(Some(tenant_id)).into_iter().chain(unnamed).flatten().collect();
        match files.as_slice() {
            [] => None,
            [only] => Some(Arc::clone(only)),
            several => Some(several.iter().map(|file| &***file).collect::<Vec<_>>().join(", ").into()),
        }
    }
}
