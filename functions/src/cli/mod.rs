//! The command line: one file a verb (design.md §4, surface.md §21).
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 a check or some triggers failed, 2 wrong usage,
//! 69 a dependency is away, 70 a bug, 78 wrong settings.
//! Without a verb the process serves the function platform that has started it (surface.md §16).

mod apply;
mod bench;
mod config;
mod dead;
mod error;
mod eval;
mod explain;
mod explain_text;
pub(crate) mod firing;
mod lint;
mod migrate;
mod output;
mod pat;
mod platform;
mod rerun;
mod rows;
mod run;
#[cfg(feature = "server")]
mod serve;
mod session;
mod test;
mod trace;
mod traces;
mod trigger;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use error::CliError;

/// Row-level stream processing on SQL: Watchmen's topics and pipelines.
#[derive(Debug, Parser)]
#[command(name = "nightowl", version, about, disable_help_subcommand = true, max_term_width = 120)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalOptions,
    /// What is to be done. Without it a function platform says so in the environment.
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What every verb takes.
#[derive(Debug, Clone, Args)]
pub struct GlobalOptions {
    /// The settings file (else NIGHTOWL_CONFIG, else ./nightowl.toml where there is one).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The store: sqlite://file.db, sqlite::memory:, postgres://…, mysql://… (else NIGHTOWL_STORAGE, else a SQLite file in the data directory).
    #[arg(long, global = true, value_name = "URL")]
    storage: Option<String>,
    /// A setting, as key=value; may be repeated.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// What is kept when an action fails: action, pipeline, trigger.
    #[arg(long, global = true, value_name = "MODE")]
    atomicity: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Apply definitions, fire files, end.
    Run(run::RunArgs),
    /// Make the store's definitions equal to files.
    Apply(apply::ApplyArgs),
    /// Bring META and the tables of topics up to date.
    Migrate(migrate::MigrateArgs),
    /// Compile definitions and report every mistake.
    Lint(lint::LintArgs),
    /// Print the compiled plan of a pipeline.
    Explain(explain::ExplainArgs),
    /// Fire documents at the store.
    Trigger(trigger::TriggerArgs),
    /// Print the rows of a topic as NDJSON.
    Rows(rows::RowsArgs),
    /// Serve the HTTP API.
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    /// Print everything about a trace id.
    Trace(trace::TraceArgs),
    /// List traces.
    Traces(traces::TracesArgs),
    /// Run recorded triggers again.
    Rerun(rerun::RerunArgs),
    /// List, show, redrive and drop what was rejected.
    Dead(dead::DeadArgs),
    /// Issue, list and revoke personal access tokens.
    Pat(pat::PatArgs),
    /// Run scenario files, each on a fresh store.
    Test(test::TestArgs),
    /// Run value vectors.
    Eval(eval::EvalArgs),
    /// Measure workload files against floors.
    Bench(bench::BenchArgs),
    /// Print the settings in force and where they came from.
    Config(config::ConfigArgs),
}

/// Runs the command line of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return CliError::Runtime { reason: error.to_string() }.report(),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode, CliError> {
    let Cli { global, verb } = cli;
    let Some(verb) = verb else { return platform::run(&global).await };
    match verb {
        Verb::Run(args) => Box::pin(run::run(&global, args)).await,
        Verb::Apply(args) => apply::run(&global, args).await,
        Verb::Migrate(args) => migrate::run(&global, args).await,
        Verb::Lint(args) => lint::run(&global, &args),
        Verb::Explain(args) => explain::run(&global, args).await,
        Verb::Trigger(args) => Box::pin(trigger::run(&global, args)).await,
        Verb::Rows(args) => rows::run(&global, args).await,
        #[cfg(feature = "server")]
        Verb::Serve(args) => serve::run(&global, args).await,
        Verb::Trace(args) => trace::run(&global, args).await,
        Verb::Rerun(args) => Box::pin(rerun::run(&global, args)).await,
        Verb::Traces(args) => traces::run(&global, args).await,
        Verb::Dead(args) => Box::pin(dead::run(&global, args)).await,
        Verb::Pat(args) => pat::run(&global, args).await,
        Verb::Test(args) => test::run(&global, args).await,
        Verb::Eval(args) => eval::run(&args),
        Verb::Bench(args) => Box::pin(bench::run(&global, args)).await,
        Verb::Config(args) => config::run(&global, &args),
    }
}
