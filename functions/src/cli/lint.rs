//! `nightowl lint`: compiles definitions and reports every mistake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nightowl_config::Settings;
use nightowl_core::compile::{Catalog, CatalogSource, EnabledWriters, code};
use nightowl_core::model::{Definitions, Place, Problem, Problems, Severity};
use nightowl_core::value::DateFormats;
use nightowl_core::value::encryption::AesKey;
use serde_json::{Value as Json, json};

use super::{CliError, GlobalOptions, output, session};
use crate::definition::{self, Origins};
use crate::event::{Routes, route};
use crate::node::{aes_key, engine_settings};
use crate::writer::enabled;

/// What compiles and yet can not work as it stands: warnings elsewhere, since the store may know more than the files.
const ERRORS_IN_LINT: &[&str] = &[code::AES_KEY_MISSING, code::DATA_SOURCE_NOT_OPENED];

/// A route that can not be what it is.
const ROUTE_WRONG: &str = "config-event-route";

/// A schedule that can not be what it is.
#[cfg(feature = "server")]
const SCHEDULE_WRONG: &str = "config-event-schedule";

/// Compile definitions and report every mistake.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Definition files or folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The tenant of definitions that name none.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// Prints a JSON array of {severity, code, place, reason, remedy, file}.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &GlobalOptions, args: &LintArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let dates = engine_settings(loaded.settings())?.dates;
    let mut files = definition::load(&args.paths);
    let count = files.definitions.len();
    let mut problems = std::mem::take(&mut files.problems);
    let compiling = Compiling {
        default_tenant: &args.tenant,
        dates: &dates,
        aes_key: aes_key(loaded.settings())?,
        enabled_writers: &enabled(loaded.settings()),
        origins: &files.origins,
    };
    let catalogs = compiling.all(files.definitions, &mut problems);
    check_routes(loaded.settings(), &catalogs, &args.tenant, &mut problems);
    #[cfg(feature = "server")]
    if let Err(error) = crate::schedule::Schedules::of(loaded.settings()) {
        problems.error(SCHEDULE_WRONG, &Place::tuple("setting", "event.schedule"), error.to_string(), "correct the schedule");
    }
    let problems: Vec<Problem> = problems.into_iter().map(as_in_lint).collect();
    print(&problems, args.json)?;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    output::note(&format!("{} files, {count} definitions: {errors} errors, {} warnings", files.files.len(), problems.len() - errors));
    Ok(if errors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Checks the routes of the settings against the definitions.
fn check_routes(settings: &Settings, catalogs: &BTreeMap<String, Catalog>, default_tenant: &str, problems: &mut Problems) {
    match Routes::of(settings) {
        Ok(routes) => route::check(&routes, catalogs, default_tenant, problems),
        Err(error) => problems.error(ROUTE_WRONG, &Place::tuple("setting", "event.route"), error.to_string(), "correct the route"),
    }
}

fn as_in_lint(problem: Problem) -> Problem {
    let severity = if ERRORS_IN_LINT.contains(&problem.code) { Severity::Error } else { problem.severity };
    Problem { severity, ..problem }
}

fn print(problems: &[Problem], as_json: bool) -> Result<(), CliError> {
    if as_json {
        let array: Vec<Json> = problems.iter().map(to_json).collect();
        return Ok(output::line(&Json::Array(array).to_string())?);
    }
    for problem in problems {
        output::line(&problem.to_string())?;
    }
    Ok(())
}

fn to_json(problem: &Problem) -> Json {
    json!({
        "severity": problem.severity.as_str(), "code": problem.code, "place": problem.place.to_string(), "reason": problem.reason,
        "remedy": problem.remedy, "file": problem.file,
    })
}

/// What definitions of files are compiled with.
#[derive(Debug)]
pub(super) struct Compiling<'a> {
    /// The tenant of definitions that name none.
    pub default_tenant: &'a str,
    /// How date literals are read.
    pub dates: &'a DateFormats,
    /// What tenants without a key store encrypt with.
    pub aes_key: Option<AesKey>,
    /// Which types of external writers there are.
    pub enabled_writers: &'a EnabledWriters,
    /// In which files the definitions stand.
    pub origins: &'a Origins,
}

impl Compiling<'_> {
    /// Compiles the definitions of each tenant and notes what is wrong with them, each with its file.
    pub(super) fn all(&self, definitions: Definitions, problems: &mut Problems) -> BTreeMap<String, Catalog> {
        let mut catalogs = BTreeMap::new();
        for (tenant_id, source) in self.by_tenant(definitions) {
            let before = problems.len();
            let catalog = Catalog::compile(source, problems);
            problems.name_files(before, |place| self.origins.file_of(&tenant_id, self.default_tenant, place));
            catalogs.insert(tenant_id, catalog);
        }
        catalogs
    }

    fn by_tenant(&self, definitions: Definitions) -> BTreeMap<String, CatalogSource> {
        let mut sources: BTreeMap<String, CatalogSource> = BTreeMap::new();
        let of = |tenant: &Option<String>| tenant.clone().unwrap_or_else(|| self.default_tenant.to_owned());
        for topic in definitions.topics {
            sources.entry(of(&topic.tenant_id)).or_default().topics.push(topic);
        }
        for pipeline in definitions.pipelines {
            sources.entry(of(&pipeline.tenant_id)).or_default().pipelines.push((pipeline, String::new()).into());
        }
        for writer in definitions.external_writers {
            sources.entry(of(&writer.tenant_id)).or_default().external_writers.push(writer);
        }
        for data_source in definitions.data_sources {
            sources.entry(of(&data_source.tenant_id)).or_default().data_sources.push(data_source);
        }
        for key_store in &definitions.key_stores {
            if let Some(Ok(key)) = key_store.aes_key() {
                sources.entry(of(&key_store.tenant_id)).or_default().aes_key = Some(key);
            }
        }
        for (tenant_id, source) in &mut sources {
            source.tenant_id.clone_from(tenant_id);
            source.dates = self.dates.clone();
            source.enabled_writers = self.enabled_writers.clone();
            source.aes_key = source.aes_key.take().or_else(|| self.aes_key.clone());
        }
        sources
    }
}
