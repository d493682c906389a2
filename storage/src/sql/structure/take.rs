//! Steps are taken in their order, one process at a time (storage.md §11.8).

use nightowl_core::compile::TopicPlan;
use nightowl_core::port::StoreError;

use super::plan::{Plans, TablePlan, plan, plan_tables, refusal};
use super::shape::{Shape, TableShape};
use super::{Change, Outcome, StructureStep, SyncMode, Synced, record};
use crate::sql::{SqlSession, structure_lock, tables};

/// Takes the steps that these topics need and says what became of each. Not to be called with a transaction open. A table
/// that does not fit is left as it was and told in [`Synced::refused`]; the others are made.
pub async fn apply(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Synced, StoreError> {
    if mode == SyncMode::Off {
        return plan(session, topics, mode).await;
    }
    tables::prepare(session).await?;
    structure_lock::lock(session).await?;
    let taken = take_together(session, topics, mode).await;
    structure_lock::unlock(session, taken).await
}

async fn take_together(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Synced, StoreError> {
    let dialect = session.dialect();
    if !dialect.ddl_in_transaction() {
        return take_all(session, topics, mode).await;
    }
    session.execute(dialect.begin(), &[]).await?;
    match take_all(session, topics, mode).await {
        Ok(synced) => session.execute("COMMIT", &[]).await.map(|_| synced),
        Err(error) => {
            session.execute("ROLLBACK", &[]).await?;
            Err(error)
        }
    }
}

async fn take_all(session: &mut dyn SqlSession, topics: &[&TopicPlan], mode: SyncMode) -> Result<Synced, StoreError> {
    let Plans { tables, refused, real } = plan_tables(session, topics, mode).await?;
    let mut synced = Synced { steps: Vec::new(), refused, real };
    if tables.iter().any(|plan| plan.steps.iter().any(|step| !step.statements.is_empty())) {
        be_unhurried(session).await?;
    }
    for plan in tables {
        let table = plan.table.clone();
        match take_table(session, plan).await {
            Ok(mut steps) => synced.steps.append(&mut steps),
            Err(error) => synced.refused.push(refusal(&table, error)?),
        }
    }
    Ok(synced)
}

async fn be_unhurried(session: &mut dyn SqlSession) -> Result<(), StoreError> {
    let dialect = session.dialect();
    for setting in dialect.unhurried() {
        session.execute(setting, &[]).await?;
        if !dialect.ddl_in_transaction() {
            session.give_up();
        }
    }
    Ok(())
}

/// Takes the steps of one table. An error undoes them where DDL can be undone.
async fn take_table(session: &mut dyn SqlSession, mut plan: TablePlan) -> Result<Vec<StructureStep>, StoreError> {
    let guarded = session.dialect().ddl_in_transaction();
    if guarded {
        session.execute("SAVEPOINT nightowl_structure_table", &[]).await?;
    } else if plan.steps.iter().any(|step| step.change == Change::CreateTable) {
        // A table that is there without its record would be taken for one that others made.
        let begun = TableShape { built: Shape::default(), ..plan.record.clone() };
        record::write_shape(session, &plan.table, &begun, "[]").await?;
    }
    let taken = take_steps(session, &mut plan).await;
    if guarded {
        if taken.is_err() {
            session.execute("ROLLBACK TO SAVEPOINT nightowl_structure_table", &[]).await?;
        }
        session.execute("RELEASE SAVEPOINT nightowl_structure_table", &[]).await?;
    }
    taken.map(|()| plan.steps)
}

async fn take_steps(session: &mut dyn SqlSession, plan: &mut TablePlan) -> Result<(), StoreError> {
    for step in &mut plan.steps {
        take(session, step).await?;
        if let (Change::CreateIndex { index, .. }, Outcome::Skipped { .. }) = (&step.change, &step.outcome) {
            plan.record.built.indexes.retain(|built| built.name != *index);
        }
    }
    record::write(session, plan).await
}

/// Takes one step. A unique index that rows violate is left out and reported (storage.md §11.8).
async fn take(session: &mut dyn SqlSession, step: &mut StructureStep) -> Result<(), StoreError> {
    if step.outcome != Outcome::Planned {
        return Ok(());
    }
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
