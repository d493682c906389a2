//! `nightowl migrate`: brings META, the tables of ours and the tables of topics up to date (surface.md §21).

use std::process::ExitCode;

use clap::Args;
use nightowl_config::TopicSync;
use nightowl_storage::sql::structure::{Outcome, Refusal, StructureStep, SyncMode};

use super::{CliError, GlobalOptions, output, session};
use crate::node::{Migration, plan_migration};

/// Bring META and the tables of topics up to date.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// Prints the SQL and does nothing.
    #[arg(long)]
    dry_run: bool,
    /// Does what loses data, too, as storage.sync=force.
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: MigrateArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let settings = loaded.settings();
    // Who asks for it wants it done, even where saving a topic does nothing to tables (`storage.sync` = `off`).
    let mode = if args.force || settings.storage.sync == TopicSync::Force { SyncMode::Force } else { SyncMode::Safe };
    let mut migration = plan_migration(settings, mode).await?;
    if !args.dry_run {
        let node = session::open(settings).await?;
        let done = node.bring_up(mode).await;
        node.close().await?;
        for done in done? {
            match migration.stores.iter_mut().find(|steps| steps.data_source_id == done.data_source_id) {
                Some(steps) => steps.synced = done.synced,
                // The first start makes topics, too.
                None => migration.stores.push(crate::node::StoreSteps { data_source_id: done.data_source_id, synced: done.synced, ..Default::default() }),
            }
        }
    }
    let count = print(&migration)?;
    output::note(&format!("{count} statements {}", if args.dry_run { "would be run" } else { "were run" }));
    let refused: Vec<&Refusal> = migration.stores.iter().flat_map(|store| &store.synced.refused).collect();
    report(&refused)
}

/// Tells of tables that do not fit; with one the verb has failed.
pub(super) fn report(refused: &[&Refusal]) -> Result<ExitCode, CliError> {
    use nightowl_core::error::Coded as _;
    for refusal in refused {
        output::note(&format!("{}: {}", refusal.error.code(), refusal.error));
    }
    match refused.len() {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(CliError::Check(format!("{count} tables do not fit their topics and were left as they are"))),
    }
}

/// Prints everything as SQL with comments, and gives how many statements it is.
fn print(migration: &Migration) -> Result<usize, CliError> {
    let mut count = statements("META", &migration.meta)?;
    for store in &migration.stores {
        let name = store.data_source_id.as_ref().map_or_else(|| "default store".to_owned(), |id| format!("data source {id}"));
        if let Some(reason) = &store.away {
            output::note(&format!("{name} is left as it is: {reason}"));
        }
        for step in &store.own {
            count += statements(&format!("{name}: {}", step.name), &step.statements)?;
        }
        for step in &store.synced.steps {
            count += print_step(&name, step)?;
        }
    }
    Ok(count)
}

fn print_step(store: &str, step: &StructureStep) -> Result<usize, CliError> {
    let title = format!("{store}: {} {}", step.table, step.change);
    match &step.outcome {
        Outcome::Planned | Outcome::Done => statements(&title, &step.statements),
        Outcome::Skipped { reason } => {
            output::line(&format!("-- {title}, left out: {reason}"))?;
            Ok(0)
        }
    }
}

fn statements(title: &str, statements: &[String]) -> Result<usize, CliError> {
    if !statements.is_empty() {
        output::line(&format!("-- {title}"))?;
    }
    for statement in statements {
        output::line(&format!("{statement};"))?;
    }
    Ok(statements.len())
}
