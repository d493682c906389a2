//! `nightowl config`: the settings in force and where each came from, secrets masked.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{CliError, GlobalOptions, output, session};

/// Print the settings in force and where they came from.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// Only settings that are not at their defaults.
    #[arg(long)]
    changed: bool,
}

pub(super) fn run(global: &GlobalOptions, args: &ConfigArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let entries: Vec<_> = loaded.entries().iter().filter(|entry| !args.changed || !loaded.is_default(entry.key)).collect();
    let mut out = output::stdout();
    if args.json {
        let ignored: Vec<_> = loaded.ignored().iter().map(|ignored| json!({"name": ignored.name, "reason": ignored.reason})).collect();
        let settings: Vec<_> =
            entries.iter().map(|entry| json!({"key": entry.key, "value": entry.value, "origin": entry.origin.to_string(), "doc": entry.doc})).collect();
        writeln!(out, "{}", json!({"settings": settings, "ignored": ignored}))?;
    } else {
        let width = entries.iter().map(|entry| entry.key.len()).max().unwrap_or(0);
        for entry in entries {
            writeln!(out, "{:width$} = {}  ({})", entry.key, entry.value.as_deref().unwrap_or("(not set)"), entry.origin)?;
        }
        for ignored in loaded.ignored() {
            writeln!(out, "{} is ignored: {}", ignored.name, ignored.reason)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
