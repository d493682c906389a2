//! Factors of a topic that share a name or an id: of the values that are prepared, and of the references to them, only one
//! is meant. Where both have a column, that is an error of the topic already.

use std::collections::BTreeSet;

use crate::compile::{TopicPlan, code};
use crate::model::{Place, Problems};

pub(super) fn check(topic: &TopicPlan, problems: &mut Problems) {
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let columns: BTreeSet<&str> = topic.factors.iter().filter(|factor| factor.column.is_some()).map(|factor| &*factor.name).collect();
    for factor in &topic.factors {
        let place = Place::tuple("topic", &topic.name).named("factor", &factor.name);
        if !names.insert(&*factor.name) && !columns.contains(&*factor.name) {
            let reason = "another factor of the topic has this name, so that its value is prepared twice";
            problems.warning(code::FACTOR_NAME_TAKEN, &place.key("name"), reason, "take one of them away, or give it another name");
        }
        if !factor.factor_id.is_empty() && !ids.insert(&*factor.factor_id) {
            let reason = format!("another factor of the topic has the id \"{}\", which stands for the first one wherever it is used", factor.factor_id);
            problems.warning(code::FACTOR_ID_TAKEN, &place.key("factorId"), reason, "give each its own id");
        }
    }
}
