//! Which types of external writers this installation has (engine.md §6), and where each may write to: what is not enabled,
//! or can never be reached, does not compile.

use std::collections::BTreeSet;

use crate::model::{ExternalWriterDefinition, ExternalWriterType};

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
        ExternalWriterType::Kafka => "set external.kafka_writer in a build with the feature kafka, or take the action out",
        ExternalWriterType::Sqs => "set external.sqs_writer in a build with the feature aws, or take the action out",
        ExternalWriterType::Mns => "set external.mns_writer in a build with the feature alibaba, or take the action out",
        ExternalWriterType::ObjectStorage => "set external.object_storage_writer, or take the action out",
    }
}

/// What the url of a writer would have to be, where it is none of its type.
pub(crate) fn wrong_url(writer: &ExternalWriterDefinition) -> Option<&'static str> {
    let url = writer.url.as_deref().unwrap_or_default().trim();
    let is_http = url.starts_with("https://") || url.starts_with("http://");
    let (fits, expected) = match writer.writer_type {
        ExternalWriterType::Kafka => {
            let place = url.strip_prefix("kafka://").and_then(|rest| rest.split('?').next()?.split_once('/'));
            (place.is_some_and(|(hosts, topic)| !hosts.is_empty() && !topic.is_empty()), "kafka://host:9092/topic")
        }
        ExternalWriterType::Sqs => (is_http, "https://sqs.<region>.amazonaws.com/<account>/<queue>"),
        ExternalWriterType::Mns => {
            let is_target = url.contains("/queues/") || url.contains("/topics/");
            (is_http && is_target, "https://<account>.mns.<region>.aliyuncs.com/queues/<queue>, or /topics/<topic>")
        }
        ExternalWriterType::ObjectStorage => {
            let is_store = ["s3://", "oss://", "az://", "blob://", "file:"].iter().any(|scheme| url.starts_with(scheme));
            (is_store, "s3://bucket/prefix, oss://…, az://…, file:/folder")
        }
        ExternalWriterType::Standard | ExternalWriterType::ElasticSearch => (true, ""),
    };
    (!fits).then_some(expected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::compile::{Catalog, CatalogSource};
    use crate::model::{Definitions, Problems};

    /// The codes of what is wrong with a pipeline that calls a writer of a type.
    fn codes(writer_type: &str, enabled_writers: EnabledWriters) -> Vec<&'static str> {
        codes_at("https://a.example/", writer_type, enabled_writers)
    }

    fn codes_at(url: &str, writer_type: &str, enabled_writers: EnabledWriters) -> Vec<&'static str> {
        let document = json!([
            {"writerId": "w", "writerCode": "w", "type": writer_type, "url": url, "tenantId": "1"},
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
    #[test]
    fn a_url_that_is_none_of_its_type_does_not_compile() {
        let all = || EnabledWriters::new([ExternalWriterType::Kafka, ExternalWriterType::Sqs, ExternalWriterType::Mns]);
        for (writer_type, right, wrong) in [
            ("kafka-writer", "kafka://a:9092,b:9092/orders?security=tls", "kafka://a:9092"),
            ("sqs-writer", "https://sqs.eu-central-1.amazonaws.com/1/orders", "orders"),
            ("mns-writer", "https://1.mns.cn-shanghai.aliyuncs.com/topics/orders", "https://1.mns.cn-shanghai.aliyuncs.com/orders"),
        ] {
            assert!(codes_at(right, writer_type, all()).is_empty(), "{right}");
            assert_eq!(codes_at(wrong, writer_type, all()), ["definition-writer-url"], "{wrong}");
        }
    }
}
