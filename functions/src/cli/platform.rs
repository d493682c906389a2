//! No verb: a function platform has started the process, or somebody wants to know what there is (surface.md §16).

use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;

use super::{Cli, CliError, GlobalOptions, output, session};
use crate::runtime::{self, Instance, Platform};

/// The exit code of a command line that asks for nothing.
const USAGE: u8 = 2;

pub(super) async fn run(global: &GlobalOptions) -> Result<ExitCode, CliError> {
    let sources = session::sources(global, &[])?;
    let Some(platform) = Platform::of(&sources.environment) else {
        output::note(&Cli::command().render_help().to_string());
        return Ok(ExitCode::from(USAGE));
    };
    let instance = match Instance::load(platform, &sources) {
        Ok(instance) => Arc::new(instance),
        Err(error) => {
            runtime::refuse(platform, &sources, &error).await;
            return Err(error.into());
        }
    };
    session::start_logging(instance.settings());
    runtime::serve(instance, &sources).await?;
    Ok(ExitCode::SUCCESS)
}
