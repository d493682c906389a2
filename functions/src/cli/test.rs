//! `nightowl test`: runs scenario files, each on a fresh store (surface.md §21).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{CliError, GlobalOptions, output};
use crate::scenario::{Deviations, Installation, InstallationPlace, Scenario, ScenarioError, Strictness, SubjectError, Summary, Verdict, run as run_scenario};

/// Run scenario files, each on a fresh store.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Scenario files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A list of expectations that our rules change; may be repeated.
    #[arg(long, value_name = "FILE")]
    deviations: Vec<PathBuf>,
    /// Compares findBy and sibling order exactly, too.
    #[arg(long)]
    strict: bool,
    /// Leaves the schemas or databases that were made on the server of --storage.
    #[arg(long)]
    keep: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: TestArgs) -> Result<ExitCode, CliError> {
    // Files are always those of a fresh folder.
    let server = global.storage.clone().filter(|url| !url.starts_with("sqlite"));
    let place = InstallationPlace { server, keep: args.keep };
    let mut deviations = Deviations::default();
    for file in &args.deviations {
        deviations.extend(Deviations::read(file).map_err(|error| CliError::Usage(error.to_string()))?);
    }
    let strictness = if args.strict { Strictness { find_by: true } } else { Strictness::default() };
    let options = options(global)?;
    let mut summary = Summary::default();
    for file in &args.files {
        let verdict = verdict_of(file, &deviations, strictness, &options, &place).await;
        summary.count(&verdict);
        output::line(&verdict.to_string())?;
    }
    output::line(&summary.to_string())?;
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Settings of the command line; the environment has no say here.
fn options(global: &GlobalOptions) -> Result<Vec<(String, String)>, CliError> {
    let mut options: Vec<(String, String)> = global.atomicity.iter().map(|mode| ("engine.atomicity".to_owned(), mode.clone())).collect();
    for pair in &global.set {
        let Some((key, value)) = pair.split_once('=') else { return Err(CliError::Usage(format!("--set takes KEY=VALUE, not \"{pair}\""))) };
        options.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(options)
}

async fn verdict_of(file: &Path, deviations: &Deviations, strictness: Strictness, options: &[(String, String)], place: &InstallationPlace) -> Verdict {
    let name = file.file_stem().map_or_else(|| file.display().to_string(), |stem| stem.to_string_lossy().into_owned());
    match one(file, deviations, strictness, options, place).await {
        Ok((name, comparison)) => Verdict { name, outcome: Ok(comparison) },
        Err(error) => Verdict { name, outcome: Err(error) },
    }
}

fn met(doing: &'static str) -> impl FnOnce(SubjectError) -> ScenarioError {
    move |source| ScenarioError::Subject { doing: doing.to_owned(), source }
}

async fn one(
    file: &Path,
    deviations: &Deviations,
    strictness: Strictness,
    options: &[(String, String)],
    place: &InstallationPlace,
) -> Result<(String, crate::scenario::Comparison), ScenarioError> {
    let scenario = Scenario::read(file)?;
    let mut installation = Installation::open(options, place).await.map_err(met("open an installation"))?;
    let compared = run_scenario(&mut installation, &scenario, deviations, strictness).await;
    installation.close().await.map_err(met("close the installation"))?;
    Ok((scenario.name, compared?))
}
