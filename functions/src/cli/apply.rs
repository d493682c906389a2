//! `nightowl apply`: makes the store's definitions equal to files.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nightowl_core::model::{Definitions, Problems, Severity};
use nightowl_storage::meta::apply::{ApplyOptions as MetaOptions, Change, DataSourceTarget, UnknownDataSource};
use nightowl_storage::sql::structure::Outcome;

use super::lint::Compiling;
use super::{CliError, GlobalOptions, migrate, output, session};
use crate::definition;
use crate::node::{Applied, Node};

/// Who the command line acts as.
const USER: &str = "1";

/// Make the store's definitions equal to files.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// Definition files or folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Shows what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Removes definitions that are no longer in the files, never tables.
    #[arg(long)]
    prune: bool,
    /// The tenant of definitions that name none.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// Takes one data source for another: OLD=NEW, or OLD=default; may be repeated.
    #[arg(long, value_name = "OLD=NEW")]
    data_source: Vec<String>,
    /// Applies pipelines that do not compile, too; a run of one gives an ERROR log.
    #[arg(long)]
    keep_broken: bool,
}

/// How files are applied.
#[derive(Debug, Clone)]
pub(super) struct ApplyOptions {
    meta: MetaOptions,
    keep_broken: bool,
    quiet: bool,
}

impl ApplyOptions {
    /// As `run` applies: unknown data sources are the default store, and only what changes is told.
    pub(super) fn for_run() -> Self {
        let meta = MetaOptions { unknown_data_source: UnknownDataSource::DefaultStore, ..MetaOptions::default() };
        Self { meta, keep_broken: false, quiet: true }
    }
}

pub(super) async fn run(global: &GlobalOptions, args: ApplyArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let meta = MetaOptions {
        default_tenant: args.tenant.clone(),
        data_sources: targets(&args.data_source)?,
        prune: args.prune,
        dry_run: args.dry_run,
        ..MetaOptions::default()
    };
    let node = session::open(loaded.settings()).await?;
    let done = apply_files(&node, &args.paths, &ApplyOptions { meta, keep_broken: args.keep_broken, quiet: false }).await;
    node.close().await?;
    done.map(|_| ExitCode::SUCCESS)
}

fn targets(pairs: &[String]) -> Result<HashMap<String, DataSourceTarget>, CliError> {
    let mut targets = HashMap::new();
    for pair in pairs {
        let Some((old, new)) = pair.split_once('=') else { return Err(CliError::Usage(format!("--data-source takes OLD=NEW, not \"{pair}\""))) };
        let target = if new == "default" { DataSourceTarget::DefaultStore } else { DataSourceTarget::DataSource(new.to_owned()) };
        targets.insert(old.to_owned(), target);
    }
    Ok(targets)
}

/// Reads, checks and applies files. Every mistake is printed; with an error nothing is applied.
pub(super) async fn apply_files(node: &Node, paths: &[PathBuf], options: &ApplyOptions) -> Result<Applied, CliError> {
    let mut files = definition::load(paths);
    let mut problems = std::mem::take(&mut files.problems);
    let unreadable = problems.has_errors();
    let mut found = Problems::default();
    // what can be read is compiled even so: every mistake is told at once
    let compiling = Compiling {
        default_tenant: &options.meta.default_tenant,
        dates: &node.engine.settings.dates,
        aes_key: node.catalogs.aes_key().cloned(),
        enabled_writers: node.catalogs.enabled_writers(),
        origins: &files.origins,
    };
    compiling.all(enabled_only(&files.definitions), &mut found);
    let broken = found.has_errors() && !options.keep_broken;
    problems.extend(found);
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error || !options.quiet) {
        output::note(&problem.to_string());
    }
    if unreadable || broken {
        let count = problems.error_count();
        return Err(CliError::Check(format!("the definitions have {count} mistakes; nothing was applied")));
    }
    let applied = node.apply(files.definitions, options.meta.clone(), USER).await?;
    print_plan(&applied, options)?;
    let refused: Vec<_> = applied.stores.iter().flat_map(|store| &store.synced.refused).collect();
    migrate::report(&refused)?;
    Ok(applied)
}

/// Pipelines that are switched off do not have to compile.
fn enabled_only(definitions: &Definitions) -> Definitions {
    let mut checked = definitions.clone();
    checked.pipelines.retain(|pipeline| pipeline.enabled);
    checked
}

fn print_plan(applied: &Applied, options: &ApplyOptions) -> Result<(), CliError> {
    if options.quiet {
        return Ok(());
    }
    for item in applied.plan.items.iter().filter(|item| item.change != Change::Unchanged) {
        let keys = if item.keys.is_empty() { String::new() } else { format!(" ({})", item.keys.join(", ")) };
        output::line(&format!("{:9} {} {} \"{}\"{keys}", item.change.as_str(), item.kind, item.id, item.name))?;
    }
    for step in applied.stores.iter().flat_map(|store| &store.synced.steps) {
        let outcome = match &step.outcome {
            Outcome::Planned | Outcome::Done => String::new(),
            Outcome::Skipped { reason } => format!(" skipped: {reason}"),
        };
        output::line(&format!("table     {} {}{outcome}", step.table, step.change))?;
    }
    for warning in applied.plan.warnings.iter() {
        output::note(&warning.to_string());
    }
    let count = |change| applied.plan.count(change);
    let verb = if options.meta.dry_run { "would be" } else { "are" };
    output::note(&format!(
        "{} {verb} created, {} updated, {} deleted, {} unchanged",
        count(Change::Create),
        count(Change::Update),
        count(Change::Delete),
        count(Change::Unchanged)
    ));
    Ok(())
}
