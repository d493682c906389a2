//! The `by` of an action: which rows of its topic are meant (engine.md §3.6).

use std::sync::Arc;

use super::criteria::CriteriaPlan;
use super::{PipelineContext, TopicPlan};
use crate::engine::criteria::Statement;
use crate::model::{Joint, Place, Problems};
use crate::path::Scope;
use crate::value::ValueError;

/// What an empty `by` means (D-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptyBy {
    /// All rows: for reads.
    AllRows,
    /// A mistake: for everything that writes or deletes.
    Refused,
}

/// The column that a read asks for, or the name of its factor where that has none.
pub(crate) type ReadColumn = Result<usize, Arc<str>>;

/// A topic and which of its rows are meant, ready to be asked.
#[derive(Debug)]
pub(crate) struct FindPlan {
    /// The topic.
    pub topic: Arc<TopicPlan>,
    criteria: CriteriaPlan,
}

impl FindPlan {
    /// Compiles the topic and the `by` of an action and notes what is wrong with them.
    pub(crate) fn compile(
        topic_id: &str,
        by: Option<&Joint>,
        empty: EmptyBy,
        context: &PipelineContext<'_>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Self> {
        let topic = context.target(topic_id, place, problems);
        if let Some(archive) = topic.as_ref().filter(|topic| topic.archive.is_some()) {
            let reason = format!("topic \"{}\" lies in a store of objects, which is only written", archive.name);
            problems.error("definition-archive-read", &place.key("topicId"), reason, "insert rows into it, and read those of a topic in a database");
            return None;
        }
        let place = place.key("by");
        let Some(joint) = by else {
            problems.error("definition-missing", &place, "is missing", "give the condition that finds the rows");
            return None;
        };
        if joint.filters.is_empty() && empty == EmptyBy::Refused {
            problems.error("definition-by-empty", &place, "restricts nothing, so every row would be written or deleted", "give at least one filter (D-14)");
            return None;
        }
        let topic = topic?;
        let criteria = CriteriaPlan::compile(joint, &topic, context, &place, problems)?;
        Some(Self { topic, criteria })
    }

    /// The column of a factor that a read asks for. One that has none is noted, and every run of the read fails.
    pub(crate) fn column(&self, factor_id: &str, place: &Place, problems: &mut Problems) -> Option<ReadColumn> {
        let place = place.key("factorId");
        if factor_id.trim().is_empty() {
            problems.error("definition-missing", &place, "is missing or blank", "give the id of a factor");
            return None;
        }
        let factor = self.topic.factor(factor_id);
        if factor.is_none() {
            let reason = format!("topic \"{}\" has no factor \"{factor_id}\"", self.topic.name);
            problems.error("definition-factor-unknown", &place, reason, "give the id of a factor of the topic that is read");
        }
        let factor = factor?;
        if factor.column.is_none() {
            problems.warning(
                "definition-factor-without-column",
                &place,
                "the factor has no column",
                "flatten it, or read the row; as it stands every run fails",
            );
        }
        Some(factor.column.ok_or_else(|| Arc::clone(&factor.name)))
    }

    /// The criteria with their values.
    pub(crate) fn evaluate(&self, scope: &dyn Scope) -> Result<Criteria<'_>, ValueError> {
        Ok(Criteria { topic: &self.topic, statement: self.criteria.evaluate(scope, &self.topic)?, dates: scope.dates().clone() })
    }

    /// The criteria with sample values: the shape of what the store is asked.
    pub(crate) fn sample(&self, dates: &crate::value::DateFormats) -> Result<crate::port::Criterion, ValueError> {
        self.criteria.sample(&self.topic).criterion(&self.topic, dates)
    }
}

/// Evaluated criteria: what the log shows, and what the store is asked.
#[derive(Debug)]
pub(crate) struct Criteria<'a> {
    topic: &'a TopicPlan,
    statement: Statement,
    dates: crate::value::DateFormats,
}

impl Criteria<'_> {
    /// The form of the log (engine.md §5.1).
    pub(crate) fn find_by(&self) -> crate::value::Value {
        self.statement.find_by(self.topic, &self.dates)
    }

    /// The form of the store.
    pub(crate) fn criterion(&self) -> Result<crate::port::Criterion, ValueError> {
        self.statement.criterion(self.topic, &self.dates)
    }
}
