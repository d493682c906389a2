//! `nightowl lint`: compiles definitions and reports every mistake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nightowl_core::compile::{Catalog, CatalogSource, EnabledWriters};
use nightowl_core::model::{Definitions, Problems, Severity};
use nightowl_core::value::DateFormats;

use super::{CliError, GlobalOptions, output, session};
use crate::definition;
use crate::node::engine_settings;
use crate::writer::enabled;

/// Compile definitions and report every mistake.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// Definition files or folders.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The tenant of definitions that name none.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
}

pub(super) fn run(global: &GlobalOptions, args: &LintArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let compiling =
        Compiling { default_tenant: args.tenant.clone(), dates: engine_settings(loaded.settings())?.dates, enabled_writers: enabled(loaded.settings()) };
    let mut files = definition::load(&args.paths);
    let count = files.definitions.len();
    let mut problems = std::mem::take(&mut files.problems);
    compile_all(files.definitions, &compiling, &mut problems);
    for problem in problems.iter() {
        output::line(&problem.to_string())?;
    }
    let warnings = problems.iter().filter(|problem| problem.severity == Severity::Warning).count();
    output::note(&format!("{} files, {count} definitions: {} errors, {warnings} warnings", files.files.len(), problems.error_count()));
    Ok(if problems.has_errors() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// What definitions are compiled with.
#[derive(Debug)]
pub(super) struct Compiling {
    /// The tenant of tuples that name none.
    pub default_tenant: String,
    /// How date literals are read.
    pub dates: DateFormats,
    /// Which types of external writers there are.
    pub enabled_writers: EnabledWriters,
}

/// Compiles the definitions of each tenant and notes what is wrong with them.
pub(super) fn compile_all(definitions: Definitions, compiling: &Compiling, problems: &mut Problems) {
    let mut sources: BTreeMap<String, CatalogSource> = BTreeMap::new();
    let of = |tenant: &Option<String>| tenant.clone().unwrap_or_else(|| compiling.default_tenant.clone());
    for topic in definitions.topics {
        sources.entry(of(&topic.tenant_id)).or_default().topics.push(topic);
    }
    for pipeline in definitions.pipelines {
        sources.entry(of(&pipeline.tenant_id)).or_default().pipelines.push((pipeline, String::new()));
    }
    for writer in definitions.external_writers {
        sources.entry(of(&writer.tenant_id)).or_default().external_writers.push(writer);
    }
    for (tenant_id, mut source) in sources {
        source.tenant_id = tenant_id;
        source.dates = compiling.dates.clone();
        source.enabled_writers = compiling.enabled_writers.clone();
        Catalog::compile(source, problems);
    }
}
