//! Definitions as code: what files define is compared with what is stored, and written (surface.md §21 `apply`).

mod applier;
mod ids;
mod kinds;
mod options;
mod people;
mod plan;

use nightowl_core::model::Definitions;

pub use options::{ApplyOptions, DataSourceTarget, UnknownDataSource};
pub use plan::{Change, Plan, PlanItem};

use super::sql::{begin, finish};
use super::{Edit, MetaError};
use crate::sql::SqlSession;
use applier::Applier;

/// Applies definitions in one transaction, and tells what was done, or would be done in a dry run. Every mistake is
/// found before anything is kept: [`MetaError::Definitions`] holds all of them.
pub async fn apply(session: &mut dyn SqlSession, definitions: &Definitions, options: &ApplyOptions, edit: &Edit<'_>) -> Result<Plan, MetaError> {
    begin(session).await?;
    let done = apply_in_transaction(session, definitions, options, edit).await;
    if options.dry_run && done.is_ok() {
        session.execute("ROLLBACK", &[]).await?;
        return done;
    }
    finish(session, done).await
}

/// The same inside a transaction that the caller ends, so that other things can belong to it. A dry run is undone by the
/// caller.
pub async fn apply_in_transaction(session: &mut dyn SqlSession, definitions: &Definitions, options: &ApplyOptions, edit: &Edit<'_>) -> Result<Plan, MetaError> {
    let mut applier = Applier::new(session, options, edit);
    applier.tenants(&definitions.tenants).await?;
    applier.users(&definitions.users).await?;
    applier.user_groups(&definitions.user_groups).await?;
    applier.data_sources(&definitions.data_sources).await?;
    applier.key_stores(&definitions.key_stores).await?;
    applier.enums(&definitions.enums).await?;
    applier.external_writers(&definitions.external_writers).await?;
    applier.topics(&definitions.topics).await?;
    applier.pipelines(&definitions.pipelines).await?;
    if options.prune {
        applier.prune().await?;
    }
    applier.into_plan()
}
