//! Which types of external writers this installation has (engine.md §6): what is not enabled does not compile.

use std::collections::BTreeSet;

use crate::model::ExternalWriterType;

/// The enabled types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledWriters(BTreeSet<ExternalWriterType>);

impl Default for EnabledWriters {
    /// The reference's default: REST only.
    fn default() -> Self {
        Self::new([ExternalWriterType::Standard])
    }
}

impl EnabledWriters {
    /// These types and no other.
    pub fn new(types: impl IntoIterator<Item = ExternalWriterType>) -> Self {
        Self(types.into_iter().collect())
    }

    /// Whether a type is enabled.
    pub fn contains(&self, writer_type: ExternalWriterType) -> bool {
        self.0.contains(&writer_type)
    }
}

/// What to do so that writers of a type can be used.
pub(crate) const fn remedy(writer_type: ExternalWriterType) -> &'static str {
    match writer_type {
        ExternalWriterType::Standard => "set external.standard_writer, or take the action out",
        ExternalWriterType::ElasticSearch => "set external.elastic_search_writer, or take the action out",
        ExternalWriterType::Kafka | ExternalWriterType::Sqs | ExternalWriterType::Mns | ExternalWriterType::ObjectStorage => {
            "this version has no writer of the type yet; use a standard-writer"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compile::{Catalog, CatalogSource};
    use crate::model::{Definitions, Problems};

    /// The codes of what is wrong with a pipeline that calls a writer of a type.
    fn codes(writer_type: &str, enabled_writers: EnabledWriters) -> Vec<&'static str> {
        let document = json!([
            {"writerId": "w", "writerCode": "w", "type": writer_type, "url": "https://a.example/", "tenantId": "1"},
            {"topicId": "t", "name": "t", "type": "distinct", "factors": [{"factorId": "f", "name": "f", "type": "text"}]},
            {"pipelineId": "p", "topicId": "t", "name": "p", "type": "insert", "stages": [{"stageId": "s", "units": [{"unitId": "u", "do": [
                {"actionId": "a", "type": "write-to-external", "externalWriterId": "w", "eventCode": "e"}]}]}]},
        ]);
        let mut problems = Problems::default();
        let Definitions { topics, pipelines, external_writers, .. } = Definitions::read(&document, "test", &mut problems);
        let pipelines = pipelines.into_iter().map(|pipeline| (pipeline, String::new()).into()).collect();
        let source = CatalogSource { tenant_id: "1".to_owned(), topics, pipelines, external_writers, enabled_writers, ..CatalogSource::default() };
        Catalog::compile(source, &mut problems);
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_type_that_is_not_enabled_does_not_compile() {
        assert!(codes("standard-writer", EnabledWriters::default()).is_empty());
        for writer_type in ["elastic-search-writer", "kafka-writer", "sqs-writer", "mns-writer", "object-storage-writer"] {
            assert_eq!(codes(writer_type, EnabledWriters::default()), ["definition-writer-not-enabled"], "{writer_type}");
        }
        assert_eq!(codes("standard-writer", EnabledWriters::new([])), ["definition-writer-not-enabled"]);
        assert!(codes("elastic-search-writer", EnabledWriters::new([ExternalWriterType::ElasticSearch])).is_empty());
    }
}
