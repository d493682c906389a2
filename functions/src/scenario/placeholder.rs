//! What stands for something that is known only when a scenario runs: `$idOf` and `$rowId` (scenarios/README.md, "File").

use serde_json::{Map, Value as Json};

use super::error::ScenarioError;
use super::normalise::Normaliser;
use super::run;
use super::subject::Subject;

/// Where placeholders look things up.
pub(super) struct Sources<'a, S: ?Sized> {
    /// The trigger whose data is filled in, from 0.
    pub(super) trigger: usize,
    /// The tenant whose rows are meant.
    pub(super) tenant: &'a str,
    /// The answers so far.
    pub(super) bodies: &'a [Json],
    /// The normal form in which rows are compared with `where`.
    pub(super) normaliser: &'a Normaliser,
    /// The installation.
    pub(super) subject: &'a mut S,
}

impl<S: Subject + ?Sized> Sources<'_, S> {
    /// The data with every placeholder replaced.
    pub(super) async fn fill(&mut self, data: &Json) -> Result<Json, ScenarioError> {
        match data {
            Json::Array(items) => {
                let mut filled = Vec::with_capacity(items.len());
                for item in items {
                    filled.push(Box::pin(self.fill(item)).await?);
                }
                Ok(Json::Array(filled))
            }
            Json::Object(members) => match only_member(members) {
                Some(("$idOf", trigger)) => self.id_of(trigger),
                Some(("$rowId", which)) => self.row_id(which).await,
                _ => {
                    let mut filled = Map::with_capacity(members.len());
                    for (key, value) in members {
                        filled.insert(key.clone(), Box::pin(self.fill(value)).await?);
                    }
                    Ok(Json::Object(filled))
                }
            },
            scalar => Ok(scalar.clone()),
        }
    }

    /// The `internalDataId` answered to an earlier trigger, as a number.
    fn id_of(&self, trigger: &Json) -> Result<Json, ScenarioError> {
        let answer = trigger.as_u64().and_then(|trigger| usize::try_from(trigger).ok()).and_then(|trigger| self.bodies.get(trigger));
        let id = answer.and_then(|body| body.get("internalDataId")).and_then(as_number);
        id.ok_or_else(|| self.nothing(format!("$idOf: trigger {trigger} was not answered with an internalDataId")))
    }

    /// The id of the one row that matches.
    async fn row_id(&mut self, which: &Json) -> Result<Json, ScenarioError> {
        let topic = which.get("topic").and_then(Json::as_str);
        let wanted = which.get("where").and_then(Json::as_object);
        let (Some(topic), Some(wanted)) = (topic, wanted) else {
            return Err(self.nothing(format!("$rowId needs topic and where, not {which}")));
        };
        let rows = self.subject.rows(self.tenant, topic).await;
        let rows = rows.map_err(|source| ScenarioError::Subject { doing: format!("read the rows of {topic}"), source })?;
        let key = run::topic_key(self.tenant, topic);
        let wanted = self.normaliser.row(&key, &Json::Object(wanted.clone()));
        let matches = |row: &&Json| {
            let row = self.normaliser.row(&key, row);
            wanted.as_object().is_some_and(|wanted| wanted.iter().all(|(name, value)| row.get(name) == Some(value)))
        };
        let found: Vec<&Json> = rows.iter().filter(matches).collect();
        let [row] = found.as_slice() else {
            return Err(self.nothing(format!("$rowId: {} rows of {topic} match {wanted}, not one", found.len())));
        };
        let id = row.get("id_").and_then(as_number);
        id.ok_or_else(|| self.nothing(format!("$rowId: the row of {topic} has no id_")))
    }

    const fn nothing(&self, reason: String) -> ScenarioError {
        ScenarioError::Placeholder { trigger: self.trigger, reason }
    }
}

fn only_member(members: &Map<String, Json>) -> Option<(&str, &Json)> {
    let mut all = members.iter();
    match (all.next(), all.next()) {
        (Some((key, value)), None) => Some((key.as_str(), value)),
        _ => None,
    }
}

/// An id as a number, also when it was given as a text (decisions.md, `dataId`).
fn as_number(id: &Json) -> Option<Json> {
    match id {
        Json::Number(_) => Some(id.clone()),
        Json::String(digits) => digits.parse::<i64>().ok().map(Json::from),
        _ => None,
    }
}
