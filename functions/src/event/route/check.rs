//! Routes against definitions, for `nightowl lint` (surface.md §15.2.8, §15.3).

use std::collections::BTreeMap;

use nightowl_core::compile::{Catalog, TopicPlan};
use nightowl_core::model::{Place, Problems, TopicKind, TopicType};

use super::{Capture, Mode, Route, Routes};
use crate::event::EventSource;

/// The topic of a route is not there.
const TOPIC_UNKNOWN: &str = "route-topic-unknown";
/// Nothing says for which topic deliveries are.
const CODE_MISSING: &str = "route-code-missing";
/// A factor that a route names is not there.
const FACTOR_UNKNOWN: &str = "route-factor-unknown";
/// Nothing keeps two rows with one key apart.
const KEY_NOT_UNIQUE: &str = "route-key-not-unique";
/// What the route says has no effect, or can not work, with this topic.
const TOPIC_UNFIT: &str = "route-topic-unfit";
/// The token can not be read here.
const TOKEN_UNREADABLE: &str = "route-token-unreadable";
/// An earlier route takes everything.
const UNREACHABLE: &str = "route-unreachable";

/// Notes what is wrong with routes, given the tenants' definitions.
pub fn check(routes: &Routes, catalogs: &BTreeMap<String, Catalog>, default_tenant: &str, problems: &mut Problems) {
    let mut takes_all = None;
    for (route, position) in routes.iter().zip(1..) {
        let place = Place::tuple("setting", "event.route").element("route", position - 1);
        if let Some(first) = takes_all {
            problems.warning(UNREACHABLE, &place, format!("route {first} matches everything before it"), "put it behind the others");
        } else if route.matches.is_empty() {
            takes_all = Some(position);
        }
        if let Some(reason) = route.unreadable_here() {
            problems.warning(TOKEN_UNREADABLE, &place, reason, "set it where events are taken");
        }
        of_topic(route, catalogs, default_tenant, &place, problems);
    }
}

fn of_topic(route: &Route, catalogs: &BTreeMap<String, Catalog>, default_tenant: &str, place: &Place, problems: &mut Problems) {
    let Some(code) = &route.code else {
        let source = route.matches.source.as_deref().and_then(EventSource::parse);
        let needs_code =
            route.mode == Mode::Payload || route.capture == Capture::Rows || matches!(source, Some(EventSource::Tablestore | EventSource::Debezium));
        if needs_code {
            problems.error(CODE_MISSING, place, "nothing else says for which topic its deliveries are", "add code, the name of the topic");
        }
        return;
    };
    let tenant_id = route.tenant_id.as_deref().unwrap_or(default_tenant);
    let Some(topic) = catalogs.get(tenant_id).and_then(|catalog| catalog.topic_by_name(code)) else {
        let reason = format!("tenant \"{tenant_id}\" has no topic \"{code}\" in these definitions");
        return problems.error(TOPIC_UNKNOWN, place, reason, "correct code or tenantId, or add the topic's definition");
    };
    if route.capture == Capture::Rows {
        rows(route, topic, place, problems);
    } else if !route.key.is_empty() && route.matches.source.as_deref() == Some(EventSource::Tablestore.as_str()) {
        problems.warning(TOPIC_UNFIT, place, "key has no effect without capture \"rows\"", "set capture, or take key away");
    }
}

fn rows(route: &Route, topic: &TopicPlan, place: &Place, problems: &mut Problems) {
    if topic.kind == TopicKind::Synonym {
        return problems.error(TOPIC_UNFIT, place, format!("\"{}\" is a synonym, which holds no rows", topic.name), "route to a topic with rows");
    }
    let factor = |name: &str| topic.factors.iter().find(|factor| *factor.name == *name);
    let mut columns = Vec::with_capacity(route.key.len());
    for (of, map) in [("key", &route.key), ("fields", &route.fields)] {
        for (column, name) in map {
            match factor(name) {
                None if of == "fields" && topic.topic_type == TopicType::Raw => {}
                None => problems.error(
                    FACTOR_UNKNOWN,
                    &place.key(of),
                    format!("\"{}\" has no factor \"{name}\" for column \"{column}\"", topic.name),
                    "correct the name",
                ),
                Some(found) if of == "key" => match found.column {
                    Some(column) => columns.push(column),
                    None => problems.error(TOPIC_UNFIT, &place.key(of), format!("factor \"{name}\" has no column of its own"), "flatten the factor"),
                },
                Some(_) => {}
            }
        }
    }
    if let Some(name) = route.changed_at.as_deref().filter(|name| factor(name).is_none_or(|factor| factor.column.is_none())) {
        problems.error(FACTOR_UNKNOWN, &place.key("changedAt"), format!("\"{}\" has no factor \"{name}\" with a column", topic.name), "correct the name");
    }
    if columns.len() == route.key.len() && !has_unique_index(topic, &columns) {
        let reason = format!("no unique index of \"{}\" has exactly the factors of key, so that two rows may have one key", topic.name);
        problems.error(KEY_NOT_UNIQUE, &place.key("key"), reason, "give these factors one indexGroup u-1 … u-10 of their own");
    }
}

/// Whether a unique index holds these columns and no others, the tenant's aside.
fn has_unique_index(topic: &TopicPlan, columns: &[usize]) -> bool {
    let of_factors = |index: &Vec<usize>| -> Vec<usize> {
        index.iter().copied().filter(|column| topic.columns.get(*column).is_some_and(|column| column.fixed.is_none())).collect()
    };
    topic.indexes.iter().filter(|index| index.unique).any(|index| {
        let found = of_factors(&index.columns);
        found.len() == columns.len() && columns.iter().all(|column| found.contains(column))
    })
}

impl super::Match {
    /// Whether it matches everything.
    fn is_empty(&self) -> bool {
        let all = [&self.source, &self.bucket, &self.prefix, &self.suffix, &self.topic, &self.queue, &self.name, &self.function];
        all.iter().all(|one| one.is_none())
    }
}
