//! The surroundings of a case: trigger data, variables, topic, clock, ids, keys (values.md §10.1).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde_json::{Map, Value as Json, json};

use super::case::{Case, CaseKind, VectorError, check_keys};
use crate::compile::{ParameterContext, TopicPlan, Topics};
use crate::model::{FactorType, Place, Problems, Topic};
use crate::path::{Names, Scope};
use crate::port::{IdSource, IdSourceError};
use crate::value::encryption::AesKey;
use crate::value::json::from_tagged;
use crate::value::{DateFormats, Object, Value};

/// The id of the topic of a case.
const TOPIC_ID: &str = "1";
/// The pair that values.md §8 prints.
const PUBLISHED_KEY: (&str, &str) = ("hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x", "J@NcRfUjXn2r5u8x");

/// The sequence of a case: 1, 2, 3, …
#[derive(Debug)]
pub(super) struct Sequence(AtomicI64);

impl IdSource for Sequence {
    fn next_id(&self) -> Result<i64, IdSourceError> {
        Ok(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Everything around a case.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) topic: Topic,
    pub(super) dates: DateFormats,
    pub(super) key: Option<AesKey>,
    pub(super) sequence: Sequence,
    plan: TopicPlan,
    /// Whether the topic of the case is the trigger topic; that of criteria is not.
    is_trigger: bool,
    variables: Vec<(String, Value)>,
    origins: BTreeMap<usize, Arc<str>>,
    current: Option<Object>,
    previous: Option<Object>,
    now: NaiveDateTime,
}

impl Surroundings {
    /// Reads the common fields of a case.
    pub(super) fn of(case: &Case) -> Result<Self, VectorError> {
        let dates = DateFormats::in_zone(zone_of(case)?);
        let topic = topic_of(case)?;
        let plan = TopicPlan::compile(&topic, "1", &dates, &mut Problems::default());
        let variables: Vec<(String, Value)> = match case.field("variables") {
            Json::Null => Vec::new(),
            Json::Object(variables) => variables
                .iter()
                .map(|(name, value)| from_tagged(value).map(|value| (name.clone(), value)).map_err(|error| case.wrong("variables", &error.to_string())))
                .collect::<Result<_, _>>()?,
            _ => return Err(case.wrong("variables", "is no object")),
        };
        let mut origins = BTreeMap::new();
        for (name, origin) in case.field("variables_from").as_object().into_iter().flatten() {
            let slot = variables.iter().position(|(variable, _)| variable == name);
            let (Some(slot), Some(origin)) = (slot, origin.as_str()) else {
                return Err(case.wrong("variables_from", "names no variable of the case, or holds no text"));
            };
            origins.insert(slot, origin.into());
        }
        let now = match case.value("now")? {
            Value::DateTime(now) => now,
            Value::Null => NaiveDateTime::default(),
            _ => return Err(case.wrong("now", "is no {\"$datetime\": …}")),
        };
        Ok(Self {
            topic,
            dates,
            key: AesKey::new(PUBLISHED_KEY.0, PUBLISHED_KEY.1).ok(),
            sequence: Sequence(AtomicI64::new(1)),
            plan,
            is_trigger: case.kind != CaseKind::StorageCriteria,
            variables,
            origins,
            current: object_of(case, "current")?,
            previous: object_of(case, "previous")?,
            now,
        })
    }

    /// The names of the variables, by slot.
    pub(super) fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// What parameters and conditions of the case are compiled against.
    pub(super) fn parameters(&self) -> ParameterContext<'_> {
        ParameterContext { names: self, topics: self, dates: &self.dates }
    }
}

fn zone_of(case: &Case) -> Result<Tz, VectorError> {
    match case.field("zone") {
        Json::Null => Ok(Tz::UTC),
        Json::String(name) => name.parse().map_err(|_| case.wrong("zone", "is no IANA name of a zone")),
        _ => Err(case.wrong("zone", "is no text")),
    }
}

fn object_of(case: &Case, field: &str) -> Result<Option<Object>, VectorError> {
    match case.value(field)? {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        _ => Err(case.wrong(field, "is neither an object nor null")),
    }
}

/// The topic of the case, with ids by position.
fn topic_of(case: &Case) -> Result<Topic, VectorError> {
    let given = match case.field("topic") {
        Json::Null => Map::new(),
        Json::Object(given) => given.clone(),
        _ => return Err(case.wrong("topic", "is no object")),
    };
    let wrong = |reason: String| case.wrong("topic", &reason);
    check_keys(&given, &[], &["type", "kind", "name", "factors"]).map_err(wrong)?;
    let mut factors = Vec::new();
    for (index, factor) in given.get("factors").and_then(Json::as_array).into_iter().flatten().enumerate() {
        let Json::Object(factor) = factor else { return Err(wrong("has a factor that is no object".to_owned())) };
        check_keys(factor, &["name", "type"], &["defaultValue", "flatten", "encrypt"]).map_err(|reason| wrong(format!("factor {} {reason}", index + 1)))?;
        let mut factor = factor.clone();
        factor.insert("factorId".to_owned(), json!((index + 1).to_string()));
        factors.push(Json::Object(factor));
    }
    let or = |key: &str, otherwise: &str| given.get(key).cloned().unwrap_or_else(|| json!(otherwise));
    let definition = json!({
        "topicId": TOPIC_ID, "name": or("name", "topic_x"), "type": or("type", "raw"), "kind": or("kind", "business"), "factors": factors,
    });
    let mut problems = Problems::default();
    let topic = Topic::read(&definition, &mut problems);
    match (topic, problems.iter().next()) {
        (Some(topic), None) => Ok(topic),
        (_, problem) => Err(wrong(problem.map_or_else(|| "can not be read".to_owned(), ToString::to_string))),
    }
}

impl Names for Surroundings {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|(variable, _)| variable == name)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        self.topic.factors.iter().find(|factor| self.is_trigger && factor.name == name).map(|factor| factor.factor_type)
    }
}

impl Topics for Surroundings {
    fn topic(&self, topic_id: &str) -> Option<&TopicPlan> {
        (topic_id == TOPIC_ID).then_some(&self.plan)
    }
}

impl Scope for Surroundings {
    fn variable(&self, slot: usize) -> Option<&Value> {
        self.variables.get(slot).map(|(_, value)| value)
    }

    fn origin(&self, slot: usize) -> Option<&Arc<str>> {
        self.origins.get(&slot)
    }

    fn current(&self) -> Option<&Object> {
        self.current.as_ref()
    }

    fn previous(&self) -> Option<&Object> {
        self.previous.as_ref()
    }

    fn is_array_factor(&self, path: &str) -> bool {
        self.factor(path) == Some(FactorType::Array)
    }

    fn now(&self) -> NaiveDateTime {
        self.now
    }

    fn next_id(&self) -> i64 {
        self.sequence.0.fetch_add(1, Ordering::Relaxed)
    }

    fn dates(&self) -> &DateFormats {
        &self.dates
    }
}

/// The place of a definition in a case, for messages.
pub(super) fn place(case: &Case) -> Place {
    Place::tuple("case", &case.id)
}
