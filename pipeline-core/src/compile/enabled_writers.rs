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
