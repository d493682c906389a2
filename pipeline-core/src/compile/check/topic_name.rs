//! Topic names that not every database takes without quotes (storage.md §11.1).

use crate::compile::{TopicPlan, code};
use crate::model::{Place, Problems, TopicKind};

/// How many characters leave room for the prefix and the decorations of indexes.
const LONGEST: usize = 45;

pub(super) fn check(topic: &TopicPlan, problems: &mut Problems) {
    if topic.kind == TopicKind::Synonym || topic.name.is_empty() {
        return;
    }
    let letters = topic.name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let begins = topic.name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if !letters || !begins || topic.name.len() > LONGEST {
        problems.warning(
            code::TOPIC_NAME,
            &Place::tuple("topic", &topic.name),
            "the name is none that every database takes without quotes",
            format!("begin with a letter, use letters, digits and _, at most {LONGEST} of them"),
        );
    }
}
