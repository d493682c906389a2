//! Pipelines on topics of the system, whose runs are not logged (engine.md §1.2, §5.2).

use super::site::Subject;
use crate::compile::code;
use crate::model::{Problems, TopicKind};

pub(super) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    let Some(topic) = subject.topic.filter(|topic| topic.kind == TopicKind::System) else { return };
    problems.warning(
        code::SYSTEM_TOPIC,
        &subject.definition().place().key("topicId"),
        format!("topic \"{}\" belongs to the system: the runs of this pipeline are not logged", topic.name),
        "use a business topic, unless this is what is wanted",
    );
}
