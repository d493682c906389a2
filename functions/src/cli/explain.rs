//! `nightowl explain`: what a pipeline does, told before it runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use nightowl_config::Settings;
use nightowl_core::compile::{Catalog, PipelinePlan};
use nightowl_core::model::Severity;
use nightowl_storage::Store;

use super::explain_text::text;
use super::lint::Compiling;
use super::{CliError, GlobalOptions, output, session};
use crate::definition;
use crate::node::{NodeError, aes_key, engine_settings};
use crate::writer::enabled;

/// Print the compiled plan of a pipeline.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The pipeline's id or name.
    pipeline: String,
    /// Explains definitions of files or folders instead of the store's; may be repeated.
    #[arg(short, long, value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// The tenant.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: ExplainArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let settings = loaded.settings();
    if !args.definitions.is_empty() {
        let catalog = of_files(settings, &args)?;
        return explain(&catalog, settings, &args);
    }
    let node = session::open(settings).await?;
    let tenant = node.catalogs.of(&args.tenant).await;
    node.close().await?;
    explain(&tenant?.catalog, settings, &args)
}

/// The catalog of files; their mistakes are told on stderr.
fn of_files(settings: &Settings, args: &ExplainArgs) -> Result<Catalog, CliError> {
    let mut files = definition::load(&args.definitions);
    let mut problems = std::mem::take(&mut files.problems);
    let dates = engine_settings(settings)?.dates;
    let compiling =
        Compiling { default_tenant: &args.tenant, dates: &dates, aes_key: aes_key(settings)?, enabled_writers: &enabled(settings), origins: &files.origins };
    let mut catalogs = compiling.all(files.definitions, &mut problems);
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
        output::note(&problem.to_string());
    }
    catalogs
        .remove(&args.tenant)
        .ok_or_else(|| CliError::not_found("definition-pipeline-unknown", format!("the files define nothing of tenant \"{}\"", args.tenant)))
}

/// A pipeline that can not run is explained as far as it goes, and ends with 1.
fn explain(catalog: &Catalog, settings: &Settings, args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let plan = find(catalog, &args.pipeline)?;
    let texts = Store::statement_texts(settings.storage.url.expose()).map_err(NodeError::from)?;
    let explanation = catalog.explain(plan, &texts);
    if args.json {
        let json = serde_json::to_string(&explanation).map_err(std::io::Error::from)?;
        output::line(&json)?;
    } else {
        output::line(text(&explanation).trim_end())?;
    }
    Ok(if explanation.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A pipeline by its id, else by its name, of which there may be several.
fn find<'a>(catalog: &'a Catalog, wanted: &str) -> Result<&'a Arc<PipelinePlan>, CliError> {
    if let Some(plan) = catalog.pipeline(wanted) {
        return Ok(plan);
    }
    let named: Vec<&Arc<PipelinePlan>> = catalog.pipelines().filter(|plan| plan.definition.name == wanted).collect();
    match named.as_slice() {
        [plan] => Ok(plan),
        [] => Err(CliError::not_found("definition-pipeline-unknown", format!("there is no pipeline with the id or name \"{wanted}\""))),
        several => {
            let ids: Vec<&str> = several.iter().map(|plan| &*plan.pipeline_id).collect();
            Err(CliError::Usage(format!("{} pipelines have the name \"{wanted}\"; give one of the ids {}", several.len(), ids.join(", "))))
        }
    }
}
