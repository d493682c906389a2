//! Topics on data sources of a type that is kept and never opened (storage.md §14.1).

use std::collections::BTreeMap;

use crate::compile::{TopicPlan, code};
use crate::model::{DataSource, Place, Problems};

pub(super) fn check(topic: &TopicPlan, data_sources: &BTreeMap<&str, &DataSource>, problems: &mut Problems) {
    let source = topic.data_source_id.as_deref().and_then(|id| data_sources.get(id));
    let Some(source) = source.filter(|source| !source.data_source_type.can_be_opened()) else { return };
    problems.warning(
        code::DATA_SOURCE_NOT_OPENED,
        &Place::tuple("topic", &topic.name).key("dataSourceId"),
        format!("data source \"{}\" is of type {}, which can not be opened", source.data_source_id, source.data_source_type),
        "move the topic to a data source of another type",
    );
}
