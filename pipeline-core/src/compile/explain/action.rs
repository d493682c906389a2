//! One action: its statements, its index, its round trips.

use std::sync::Arc;

use super::{ExplainedAction, ExplainedIndex, RoundTrips};
use crate::compile::check::site::{Site, Subject};
use crate::compile::{EmptyBy, FindPlan, IndexUse, TopicPlan, VariableTable};
use crate::model::{ActionKind, AggregateArithmetic, Problems, TopicKind};
use crate::port::{Aggregate, Query, StatementTexts};

pub(super) fn explain(subject: &Subject<'_>, site: &Site<'_>, texts: &dyn StatementTexts) -> ExplainedAction {
    let kind = &site.action.kind;
    let topic = subject.target(site.action);
    let by = kind.by();
    let served = topic.zip(by).and_then(|(topic, by)| topic.index_for(by).map(|served| explain_index(topic, &served)));
    ExplainedAction {
        action_id: site.action.action_id.clone(),
        kind: kind.type_text(),
        topic: topic.map(|topic| topic.name.to_string()),
        variable: VariableTable::written_by(kind).map(str::to_owned),
        on_conflict: on_conflict(kind),
        round_trips: round_trips(subject, site, texts),
        full_scan: by.is_some() && served.is_none() && topic.is_some_and(|topic| topic.kind != TopicKind::Synonym),
        index: served,
        statements: topic.map_or_else(Vec::new, |topic| statements(subject, site, topic, texts)),
    }
}

/// How often an action asks its store at most.
pub(super) fn round_trips(subject: &Subject<'_>, site: &Site<'_>, texts: &dyn StatementTexts) -> RoundTrips {
    match &site.action.kind {
        ActionKind::Alarm { .. } | ActionKind::CopyToMemory { .. } | ActionKind::WriteToExternal { .. } => RoundTrips::default(),
        ActionKind::Exists { .. }
        | ActionKind::ReadRow { .. }
        | ActionKind::ReadRows { .. }
        | ActionKind::ReadFactor { .. }
        | ActionKind::ReadFactors { .. }
        | ActionKind::InsertRow { .. } => RoundTrips::fixed(1),
        ActionKind::InsertOrMergeRow { .. } if guard(subject, site, texts).is_some() => RoundTrips::fixed(4),
        ActionKind::InsertOrMergeRow { .. } | ActionKind::MergeRow { .. } | ActionKind::WriteFactor { .. } | ActionKind::DeleteRow { .. } => {
            RoundTrips::fixed(2)
        }
        ActionKind::DeleteRows { .. } => {
            let mut trips = RoundTrips::fixed(1);
            trips.add(&RoundTrips::fixed(1).times(&rows_of(&site.action.action_id)));
            trips
        }
    }
}

/// The guard that an insert-or-merge takes where it found nothing; then it looks again (engine.md §3.11, rule 6).
fn guard(subject: &Subject<'_>, site: &Site<'_>, texts: &dyn StatementTexts) -> Option<String> {
    let single = || Some(subject.target(site.action)?.index_for(site.action.kind.by()?)?.finds_one);
    if single().unwrap_or(false) { None } else { texts.guard() }
}

/// The unknown number of rows that an action deletes.
pub(super) fn rows_of(action_id: &str) -> String {
    format!("rows of {action_id}")
}

/// When another run has inserted the row, it is found and changed after all (engine.md §3.7).
const fn on_conflict(kind: &ActionKind) -> u64 {
    if matches!(kind, ActionKind::InsertOrMergeRow { .. }) { 2 } else { 0 }
}

fn explain_index(topic: &TopicPlan, served: &IndexUse<'_>) -> ExplainedIndex {
    let used = served.index.columns.iter().skip(1).take(served.factors);
    let columns = used.filter_map(|column| topic.columns.get(*column)).map(|column| column.name.clone()).collect();
    ExplainedIndex { name: served.index.name.clone(), columns, finds_one: served.finds_one }
}

fn statements(subject: &Subject<'_>, site: &Site<'_>, topic: &Arc<TopicPlan>, texts: &dyn StatementTexts) -> Vec<String> {
    let kind = &site.action.kind;
    let mut statements: Vec<String> = find_text(subject, site, topic, texts).into_iter().collect();
    match kind {
        ActionKind::InsertRow { .. } if topic.archive.is_none() => statements.push(texts.insert(topic)),
        ActionKind::InsertOrMergeRow { .. } => {
            statements.push(texts.update(topic));
            statements.extend(guard(subject, site, texts));
            statements.push(texts.insert(topic));
        }
        ActionKind::MergeRow { .. } | ActionKind::WriteFactor { .. } => statements.push(texts.update(topic)),
        ActionKind::DeleteRow { .. } | ActionKind::DeleteRows { .. } => statements.push(texts.delete(topic)),
        _ => {}
    }
    statements
}

/// The statement that finds the rows. What can not be told before a run is told to be so.
fn find_text(subject: &Subject<'_>, site: &Site<'_>, topic: &Arc<TopicPlan>, texts: &dyn StatementTexts) -> Option<String> {
    let kind = &site.action.kind;
    let (by, context) = kind.by().zip(subject.context())?;
    let place = site.place(subject.definition());
    // What is wrong with it has been told when the pipeline was compiled.
    let find = FindPlan::compile(&topic.topic_id, Some(by), EmptyBy::AllRows, &context, &place, &mut Problems::default())?;
    let unknown = |reason: &dyn std::fmt::Display| format!("-- known only when it runs: {reason}");
    let criterion = match find.sample(subject.catalog.dates()) {
        Ok(criterion) => criterion,
        Err(error) => return Some(unknown(&error)),
    };
    let query = Query { topic, tenant_id: subject.catalog.tenant_id(), criterion, limit: usize::MAX, lock: false };
    let text = match aggregate(kind, topic) {
        Some(aggregate) => texts.aggregate(&query, aggregate),
        None => texts.select(&query),
    };
    Some(text.unwrap_or_else(|error| unknown(&error)))
}

fn aggregate(kind: &ActionKind, topic: &TopicPlan) -> Option<Aggregate> {
    let ActionKind::ReadFactor { factor_id, arithmetic, .. } = kind else { return None };
    let column = topic.factor(factor_id)?.column?;
    match arithmetic.unwrap_or_default() {
        AggregateArithmetic::None => None,
        AggregateArithmetic::Count => Some(Aggregate::Count),
        AggregateArithmetic::Sum => Some(Aggregate::Sum(column)),
        AggregateArithmetic::Avg => Some(Aggregate::Average(column)),
    }
}
