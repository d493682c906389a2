//! What people write: paths and definitions.

use nightowl::definition;
use nightowl_core::compile::{Catalog, CatalogSource};
use nightowl_core::model::{FactorType, Problems};
use nightowl_core::path::{Names, PathContext, Template};
use nightowl_core::value::DateFormats;

use super::file::with_file;

struct Known;

impl Names for Known {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        (name == "v").then_some(0)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        (name == "l").then_some(FactorType::Array)
    }
}

pub(super) fn path(bytes: &[u8]) {
    let dates = DateFormats::default();
    let text = String::from_utf8_lossy(bytes);
    for in_criteria in [false, true] {
        drop(Template::parse(Some(&text), &PathContext { names: &Known, dates: &dates, in_criteria }));
    }
}

pub(super) fn definition(bytes: &[u8]) {
    for name in ["definitions.json", "definitions.yaml"] {
        with_file(name, bytes, |file| {
            let loaded = definition::load(std::slice::from_ref(&file));
            let source = CatalogSource {
                tenant_id: "1".to_owned(),
                topics: loaded.definitions.topics,
                pipelines: loaded.definitions.pipelines.into_iter().map(|pipeline| (pipeline, String::new()).into()).collect(),
                ..CatalogSource::default()
            };
            drop(Catalog::compile(source, &mut Problems::default()));
        });
    }
}
