//! Tables of topics: made, extended, checked (storage.md §11.6–§11.8). What is done is recorded in `nightowl_structure`.

mod difference;
mod record;
mod shape;

use std::collections::BTreeMap;

use nightowl_core::compile::TopicPlan;
use nightowl_core::model::TopicKind;
use nightowl_core::port::StoreError;

use super::{SqlSession, structure_lock, tables};
use shape::{Shape, TableShape};

/// What may be done to tables (`storage.sync`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncMode {
    /// Tables, columns and indexes are made; what would lose data is refused.
    #[default]
    Safe,
    /// Nothing is done; what is missing is an error.
    Off,
    /// Also what loses data.
    Force,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Makes the table.
    CreateTable,
    /// Adds a column.
    AddColumn {
        /// Its name.
        column: String,
    },
    /// Changes what a column holds.
    ChangeColumn {
        /// Its name.
        column: String,
        /// What it held.
        from: String,
        /// What it will hold.
        to: String,
    },
    /// Makes an index.
    CreateIndex {
        /// Its name.
        index: String,
        /// Whether it is unique.
        unique: bool,
    },
    /// Drops an index that is no longer wanted or has changed.
    DropIndex {
        /// Its name.
        index: String,
    },
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CreateTable => write!(out, "create table"),
            Self::AddColumn { column } => write!(out, "add column {column}"),
            Self::ChangeColumn { column, from, to } => write!(out, "change column {column} from {from} to {to}"),
            Self::CreateIndex { index, unique } => write!(out, "create {}index {index}", if *unique { "unique " } else { "" }),
            Self::DropIndex { index } => write!(out, "drop index {index}"),
        }
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not done yet.
    Planned,
    /// Done.
    Done,
    /// Left out; the topic goes on without.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// One step towards what the topics want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureStep {
    /// The table.
    pub table: String,
    /// What it does.
    pub change: Change,
    /// How; empty where the database's declaration does not change.
    pub statements: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A table with its new record and the steps towards it.
struct TablePlan {
    table: String,
    record: TableShape,
    wanted: Shape,
    steps: Vec<StructureStep>,
}

/// The steps that these topics need, without taking them. Mode `off` lists none, and names what is missing in an error.
pub async fn plan(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    let plans = plan_tables(session, topics, mode).await?;
    Ok(plans.into_iter().flat_map(|plan| plan.steps).collect())
}

/// Takes the steps that these topics need and says what became of each. Not to be called with a transaction open.
pub async fn apply(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    if mode == SyncMode::Off {
        return plan(session, topics, mode).await;
    }
    tables::prepare(session).await?;
    structure_lock::lock(session).await?;
    let taken = take_together(session, topics, mode).await;
    structure_lock::unlock(session, taken).await
}

async fn take_together(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    let dialect = session.dialect();
    if !dialect.ddl_in_transaction() {
        return take_all(session, topics, mode).await;
    }
    session.execute(dialect.begin(), &[]).await?;
    match take_all(session, topics, mode).await {
        Ok(steps) => session.execute("COMMIT", &[]).await.map(|_| steps),
        Err(error) => {
            session.execute("ROLLBACK", &[]).await?;
            Err(error)
        }
    }
}

async fn plan_tables(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Vec<TablePlan>, StoreError> {
    let dialect = session.dialect();
    let mut by_table: BTreeMap<&str, Vec<&TopicPlan>> = BTreeMap::new();
    for topic in topics.iter().filter(|topic| topic.kind != TopicKind::Synonym) {
        by_table.entry(&topic.table).or_default().push(topic);
    }
    let mut plans = Vec::with_capacity(by_table.len());
    for (table, sharing) in by_table {
        let mut record = record::read(session, table).await?;
        for topic in sharing {
            record.topics.insert(topic.topic_id.to_string(), Shape::of_plan(topic, dialect.longest_name()));
        }
        let wanted = record.union(table)?;
        record::adopt(session, table, &mut record, &wanted).await?;
        if mode == SyncMode::Off {
            check(table, &record.built, &wanted)?;
            continue;
        }
        let steps = difference::difference(table, &record.built, &wanted, dialect, mode)?;
        plans.push(TablePlan { table: table.to_owned(), record, wanted, steps });
    }
    Ok(plans)
}

async fn take_all(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Vec<StructureStep>, StoreError> {
    let mut taken = Vec::new();
    for mut plan in plan_tables(session, topics, mode).await? {
        for step in &mut plan.steps {
            take(session, step).await?;
        }
        record::write(session, &mut plan).await?;
        taken.append(&mut plan.steps);
    }
    Ok(taken)
}

/// Takes one step. A unique index that rows violate is left out and reported (storage.md §11.8).
async fn take(session: &mut dyn SqlSession, step: &mut StructureStep) -> Result<(), StoreError> {
    let guarded = session.dialect().ddl_in_transaction();
    if guarded {
        session.execute("SAVEPOINT nightowl_structure_step", &[]).await?;
    }
    let mut outcome = Outcome::Done;
    for sql in &step.statements {
        match session.execute(sql, &[]).await {
            Ok(_) => {}
            Err(StoreError::InsertConflict { .. }) if matches!(step.change, Change::CreateIndex { unique: true, .. }) => {
                outcome = Outcome::Skipped { reason: "rows that are there already have equal values; the topic goes on without it".to_owned() };
                if guarded {
                    session.execute("ROLLBACK TO SAVEPOINT nightowl_structure_step", &[]).await?;
                }
            }
            Err(error) => return Err(error),
        }
    }
    if guarded {
        session.execute("RELEASE SAVEPOINT nightowl_structure_step", &[]).await?;
    }
    step.outcome = outcome;
    Ok(())
}

/// Whether what is wanted is there; indexes may be missing.
fn check(table: &str, built: &Shape, wanted: &Shape) -> Result<(), StoreError> {
    let missing = |object: String| StoreError::Unexpected { object, reason: "it is missing; run `nightowl migrate`".to_owned() };
    if built.columns.is_empty() {
        return Err(missing(format!("table {table}")));
    }
    match wanted.columns.iter().find(|column| built.column(&column.name).is_none()) {
        Some(column) => Err(missing(format!("column \"{}\" of table {table}", column.name))),
        None => Ok(()),
    }
}
