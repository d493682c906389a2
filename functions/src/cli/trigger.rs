//! `nightowl trigger`: fires documents, and events of platforms, at the store that is set.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::firing::{Firing, credentials};
use super::{CliError, GlobalOptions, session};

/// Fire documents at the store.
#[derive(Debug, Args)]
pub(super) struct TriggerArgs {
    /// Files or folders with triggers; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The token of triggers that bring none (else NIGHTOWL_PAT).
    #[arg(long, value_name = "TOKEN")]
    pat: Option<String>,
    /// The elements are bare data of this topic.
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    /// CSV files are rows of this topic: a header with factor names, then a row a line.
    #[arg(long, value_name = "NAME")]
    code: Option<String>,
    /// Fires what was done before, too.
    #[arg(long)]
    again: bool,
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: TriggerArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let credentials = credentials(args.pat.as_deref(), loaded.settings().auth.pat.as_ref());
    let fired = match Firing::new(&node, loaded.settings(), credentials, args.topic, args.again) {
        Ok(firing) => firing.with_csv_of(args.code).fire_all(&args.files).await,
        Err(error) => Err(error.into()),
    };
    node.close().await?;
    let counts = fired?;
    counts.print(args.json)?;
    Ok(if counts.has_failures() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
