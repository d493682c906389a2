//! What actions have in common: the topic that they name, which of its rows they mean, what they do to them.

use super::{ActionKind, AggregateArithmetic, Joint, Parameter, TriggerType};

/// A value that a write puts into a factor.
#[derive(Debug, Clone, Copy)]
pub struct MappedValue<'a> {
    /// The factor.
    pub factor_id: &'a str,
    /// Where its value comes from.
    pub source: Option<&'a Parameter>,
    /// How it is put together with what is there.
    pub arithmetic: AggregateArithmetic,
}

impl ActionKind {
    /// The topic that is read or written.
    pub fn topic_id(&self) -> Option<&str> {
        match self {
            Self::Alarm { .. } | Self::CopyToMemory { .. } | Self::WriteToExternal { .. } => None,
            Self::Exists { topic_id, .. }
            | Self::ReadRow { topic_id, .. }
            | Self::ReadRows { topic_id, .. }
            | Self::ReadFactor { topic_id, .. }
            | Self::ReadFactors { topic_id, .. }
            | Self::InsertRow { topic_id, .. }
            | Self::InsertOrMergeRow { topic_id, .. }
            | Self::MergeRow { topic_id, .. }
            | Self::WriteFactor { topic_id, .. }
            | Self::DeleteRow { topic_id, .. }
            | Self::DeleteRows { topic_id, .. } => Some(topic_id),
        }
    }

    /// Which rows of its topic are meant.
    pub const fn by(&self) -> Option<&Joint> {
        match self {
            Self::Alarm { .. } | Self::CopyToMemory { .. } | Self::WriteToExternal { .. } | Self::InsertRow { .. } => None,
            Self::Exists { by, .. }
            | Self::ReadRow { by, .. }
            | Self::ReadRows { by, .. }
            | Self::ReadFactor { by, .. }
            | Self::ReadFactors { by, .. }
            | Self::InsertOrMergeRow { by, .. }
            | Self::MergeRow { by, .. }
            | Self::WriteFactor { by, .. }
            | Self::DeleteRow { by, .. }
            | Self::DeleteRows { by, .. } => by.as_ref(),
        }
    }

    /// What is put into which factors; a `write-factor` maps one.
    pub fn mapped(&self) -> Vec<MappedValue<'_>> {
        match self {
            Self::InsertRow { mapping, .. } | Self::InsertOrMergeRow { mapping, .. } | Self::MergeRow { mapping, .. } => mapping
                .iter()
                .map(|item| MappedValue { factor_id: &item.factor_id, source: item.source.as_ref(), arithmetic: item.arithmetic.unwrap_or_default() })
                .collect(),
            Self::WriteFactor { factor_id, source, arithmetic, .. } => {
                vec![MappedValue { factor_id, source: source.as_ref(), arithmetic: arithmetic.unwrap_or_default() }]
            }
            _ => Vec::new(),
        }
    }

    /// Whether exactly one row is to be found and changed.
    pub const fn is_merge(&self) -> bool {
        matches!(self, Self::InsertOrMergeRow { .. } | Self::MergeRow { .. } | Self::WriteFactor { .. })
    }

    /// What may happen to rows of its topic: which pipelines of that topic may follow (engine.md §2.7).
    pub const fn effects(&self) -> &'static [TriggerType] {
        match self {
            Self::InsertRow { .. } => &[TriggerType::Insert],
            Self::InsertOrMergeRow { .. } => &[TriggerType::Insert, TriggerType::Merge],
            Self::MergeRow { .. } | Self::WriteFactor { .. } => &[TriggerType::Merge],
            Self::DeleteRow { .. } | Self::DeleteRows { .. } => &[TriggerType::Delete],
            Self::Alarm { .. }
            | Self::CopyToMemory { .. }
            | Self::WriteToExternal { .. }
            | Self::Exists { .. }
            | Self::ReadRow { .. }
            | Self::ReadRows { .. }
            | Self::ReadFactor { .. }
            | Self::ReadFactors { .. } => &[],
        }
    }
}
