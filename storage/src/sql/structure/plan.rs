//! What the tables of some topics need.

use std::collections::BTreeMap;

use nightowl_core::compile::TopicPlan;
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::model::TopicKind;
use nightowl_core::port::StoreError;

use super::difference::{Difference, Towards};
use super::shape::{Shape, TableShape};
use super::{Change, RealColumns, Refusal, StructureStep, SyncMode, Synced, adopt, real, record};
use crate::sql::SqlSession;

/// A table with its new record and the steps towards it.
#[derive(Debug)]
pub(super) struct TablePlan {
    pub(super) table: String,
    /// What will be recorded when all steps are taken.
    pub(super) record: TableShape,
    pub(super) steps: Vec<StructureStep>,
}

/// The plans of all tables.
#[derive(Debug, Default)]
pub(super) struct Plans {
    pub(super) tables: Vec<TablePlan>,
    pub(super) refused: Vec<Refusal>,
    pub(super) real: RealColumns,
}

/// The steps that these topics need, without taking them. Mode `off` lists none; what is missing then is refused.
pub async fn plan(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Synced, StoreError> {
    let plans = plan_tables(session, topics, mode).await?;
    Ok(Synced { steps: plans.tables.into_iter().flat_map(|plan| plan.steps).collect(), refused: plans.refused, real: plans.real })
}

/// The plan of each table. What is wrong with one hinders no other; only what is about the database ends it.
pub(super) async fn plan_tables(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Plans, StoreError> {
    let mut by_table: BTreeMap<&str, Vec<&TopicPlan>> = BTreeMap::new();
    let mut plans = Plans::default();
    for topic in topics {
        if topic.kind == TopicKind::Synonym {
            real::of_synonym(session, topic, &mut plans.real).await?;
        } else {
            by_table.entry(&topic.table).or_default().push(topic);
        }
    }
    for (table, sharing) in by_table {
        match plan_table(session, table, &sharing, mode, &mut plans.real).await {
            Ok(Some(plan)) => plans.tables.push(plan),
            Ok(None) => {}
            Err(error) => plans.refused.push(refusal(table, error)?),
        }
    }
    Ok(plans)
}

/// The refusal of a table; an error that is not about the table is handed on.
pub(super) fn refusal(table: &str, error: StoreError) -> Result<Refusal, StoreError> {
    match (&error, error.class()) {
        (StoreError::Unexpected { .. } | StoreError::StructureMissing { .. }, _) | (_, ErrorClass::Reject) => Ok(Refusal { table: table.to_owned(), error }),
        _ => Err(error),
    }
}

async fn plan_table(
    session: &mut dyn SqlSession,
    table: &str,
    sharing: &[&TopicPlan],
    mode: SyncMode,
    real: &mut RealColumns,
) -> Result<Option<TablePlan>, StoreError> {
    let dialect = session.dialect();
    let mut record = record::read(session, table).await?;
    for topic in sharing {
        record.topics.insert(topic.topic_id.to_string(), Shape::of_plan(topic, dialect.longest_name()));
    }
    let wanted = record.union(table)?;
    let found = adopt::take_over(session, table, &mut record, &wanted, sharing).await?;
    real::of_table(table, &record.built, &wanted, dialect, real);
    if mode == SyncMode::Off {
        return check(table, &record.built, &wanted).map(|()| None);
    }
    let towards = Towards { table, wanted: &wanted, found: &found.indexes, dialect, mode };
    let Difference { mut steps, built } = towards.from(&record.built)?;
    if found.adopted {
        steps.insert(0, StructureStep::planned(table, Change::AdoptTable, Vec::new()));
    }
    record.built = built;
    Ok(Some(TablePlan { table: table.to_owned(), record, steps }))
}

/// Whether what is wanted is there; indexes may be missing.
fn check(table: &str, built: &Shape, wanted: &Shape) -> Result<(), StoreError> {
    if built.columns.is_empty() {
        return Err(StoreError::StructureMissing { object: format!("table {table}") });
    }
    match wanted.columns.iter().find(|column| built.column(&column.name).is_none()) {
        Some(column) => Err(StoreError::StructureMissing { object: format!("column \"{}\" of table {table}", column.name) }),
        None => Ok(()),
    }
}
