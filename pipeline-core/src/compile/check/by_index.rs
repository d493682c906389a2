//! A `by` that no index serves, and merges whose `by` may mean several rows (engine.md §3.7, §3.11 rule 6).

use super::site::{Site, Subject};
use crate::compile::code;
use crate::model::{Problems, TopicKind};

pub(super) fn check(subject: &Subject<'_>, site: &Site<'_>, problems: &mut Problems) {
    let Some(topic) = subject.target(site.action) else { return };
    // Of a synonym's table the indexes are not known; an empty `by` of a read means all rows.
    let Some(by) = site.action.kind.by().filter(|by| !by.filters.is_empty() && topic.kind != TopicKind::Synonym) else { return };
    let served = topic.index_for(by);
    let place = || site.place(subject.definition()).key("by");
    if served.is_none() {
        problems.warning(
            code::BY_WITHOUT_INDEX,
            &place(),
            format!("no index of topic \"{}\" serves it, so every row of the tenant is looked at", topic.name),
            "give one of the factors that it compares with equals an index group",
        );
    }
    if site.action.kind.is_merge() && !served.is_some_and(|served| served.finds_one) {
        problems.warning(
            code::BY_NOT_UNIQUE,
            &place(),
            format!("it pins no unique index of topic \"{}\", so it may meet several rows, or two runs may insert the same one", topic.name),
            "give the factors that it compares with equals a unique index group (u-1)",
        );
    }
}
