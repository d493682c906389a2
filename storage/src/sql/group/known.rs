//! What the group knows of rows: those that it has read or written by a key.
//!
//! A row that was read for writing is locked, or its version is checked when it is written; one that was written is
//! locked. So nobody else can make what is known here wrong without the group being given up (engine.md §3.11, rule 4).

use std::collections::HashMap;
use std::sync::Arc;

use nightowl_core::compile::{Column, TopicPlan};
use nightowl_core::port::Query;
use nightowl_core::value::{Object, Value};

use super::key::{Key, values_of};

/// How many rows of a topic are known before all are forgotten.
const ROWS_AT_MOST: usize = 16_384;

/// The ids that a key finds.
#[derive(Debug, Clone, Default)]
struct Answer {
    ids: Vec<i64>,
    /// Whether it was read with locks.
    locked: bool,
}

/// What is known of a topic.
#[derive(Debug, Default)]
struct Topic {
    rows: HashMap<i64, Vec<Value>>,
    /// By columns, then by their values.
    answers: HashMap<Vec<usize>, HashMap<String, Answer>>,
}

/// Keys over the same columns, as texts of their values.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeysAsked<'a> {
    /// The columns.
    pub columns: &'a [usize],
    /// The keys.
    pub keys: &'a [&'a str],
    /// Whether the rows are locked.
    pub locked: bool,
}

/// What the group knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    topics: HashMap<usize, Topic>,
}

/// What a plan's rows are known by: each compiled plan has a shape of its own.
fn key_of(topic: &TopicPlan) -> usize {
    Arc::as_ptr(&topic.row_shape).addr()
}

impl Known {
    /// The rows that a query by a key would find; none where the database has to be asked.
    pub(super) fn find(&self, query: &Query<'_>, key: &Key) -> Option<Vec<Object>> {
        let topic = self.topics.get(&key_of(query.topic))?;
        let answer = topic.answers.get(&key.columns)?.get(&key.values)?;
        if query.lock && !answer.locked {
            return None;
        }
        let row = |id: &i64| Some(Object::with_shape(Arc::clone(&query.topic.row_shape), topic.rows.get(id)?.clone()));
        answer.ids.iter().take(query.limit).map(row).collect()
    }

    /// Notes all rows that a query by a key has found.
    pub(super) fn learn(&mut self, query: &Query<'_>, key: Key, rows: &[Object], id: usize) {
        let topic = self.topics.entry(key_of(query.topic)).or_default();
        if topic.rows.len() > ROWS_AT_MOST {
            *topic = Topic::default();
        }
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(id) = id_of(row.values(), id) else { return };
            topic.rows.insert(id, row.values().to_vec());
            ids.push(id);
        }
        topic.answers.entry(key.columns).or_default().insert(key.values, Answer { ids, locked: query.lock });
    }

    /// Notes what many keys have found; those that found nothing as well. False, and nothing is noted, where a row is none
    /// of theirs, because the database finds texts equal that are not.
    pub(super) fn learn_all(&mut self, topic: &TopicPlan, asked: KeysAsked<'_>, rows: &[Object], id: usize) -> bool {
        let mut ids: HashMap<&str, Vec<i64>> = asked.keys.iter().map(|key| (*key, Vec::new())).collect();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let Some((id, values)) = id_of(row.values(), id).zip(values_of(row.values(), asked.columns, &topic.columns)) else { return false };
            let Some(ids) = ids.get_mut(values.as_str()) else { return false };
            ids.push(id);
            found.push((id, row.values().to_vec()));
        }
        let topic = self.topics.entry(key_of(topic)).or_default();
        topic.rows.extend(found);
        let answers = topic.answers.entry(asked.columns.to_vec()).or_default();
        answers.extend(ids.into_iter().map(|(key, ids)| (key.to_owned(), Answer { ids, locked: asked.locked })));
        true
    }

    /// Whether rows of a topic are known at all, so that writes have to be noted.
    pub(super) fn knows(&self, topic: &TopicPlan) -> bool {
        self.topics.contains_key(&key_of(topic))
    }

    /// A row by its id.
    pub(super) fn row(&self, topic: &TopicPlan, id: i64) -> Option<&[Value]> {
        self.topics.get(&key_of(topic))?.rows.get(&id).map(Vec::as_slice)
    }

    /// Forgets a topic, because somebody writes to it past what is known.
    pub(super) fn forget(&mut self, topic: &TopicPlan) {
        self.topics.remove(&key_of(topic));
    }

    /// Forgets that keys found nothing.
    pub(super) fn forget_missing(&mut self) {
        for answers in self.topics.values_mut().flat_map(|topic| topic.answers.values_mut()) {
            answers.retain(|_, answer| !answer.ids.is_empty());
        }
    }

    /// Notes that the group writes a row: a new one, or all columns of one that is there.
    pub(super) fn write(&mut self, plan: &TopicPlan, id: i64, row: Vec<Value>) {
        let Some(topic) = self.topics.get_mut(&key_of(plan)) else { return };
        let before = topic.rows.get(&id);
        for (columns, answers) in &mut topic.answers {
            let old = before.and_then(|row| values_of(row, columns, &plan.columns));
            let new = values_of(&row, columns, &plan.columns);
            if old == new {
                continue;
            }
            for (values, there) in [(old, false), (new, true)] {
                let Some(answer) = values.and_then(|values| answers.get_mut(&values)) else { continue };
                answer.ids.retain(|known| *known != id);
                if there {
                    answer.ids.push(id);
                    answer.ids.sort_unstable();
                }
            }
        }
        topic.rows.insert(id, row);
    }
}

/// The id in a row.
pub(super) fn id_of(row: &[Value], position: usize) -> Option<i64> {
    row.get(position)?.as_number()?.to_i64()
}

/// Whether two rows differ in one of some columns.
pub(super) fn differ(one: &[Value], other: &[Value], columns: &[usize], kinds: &[Column]) -> bool {
    columns.iter().any(|column| values_of(one, &[*column], kinds) != values_of(other, &[*column], kinds))
}
