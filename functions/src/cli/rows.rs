//! `nightowl rows`: the rows of a topic as NDJSON (surface.md §21).

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::{CliError, GlobalOptions, output, session};
use crate::node::Node;
use crate::rows::{RowsError, RowsQuery, read_rows};

/// Print the rows of a topic as NDJSON.
#[derive(Debug, Args)]
pub(super) struct RowsArgs {
    /// The topic's name.
    topic: String,
    /// Only rows whose factor equals the value; may be repeated.
    #[arg(long = "where", value_name = "FACTOR=VALUE")]
    conditions: Vec<String>,
    /// At most so many rows.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The tenant.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// Adds id_ and the other fixed columns.
    #[arg(long)]
    fixed: bool,
}

impl From<RowsError> for CliError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Node(error) => Self::Node(error),
            RowsError::TopicUnknown(_) => Self::not_found("trigger-topic-not-found", error.to_string()),
            RowsError::OnlyWritten(_) => Self::not_found("trigger-archive-only-written", error.to_string()),
            RowsError::FactorUnknown { .. } => Self::not_found("definition-factor-unknown", error.to_string()),
        }
    }
}

pub(super) async fn run(global: &GlobalOptions, args: RowsArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = print_rows(&node, args).await;
    node.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn print_rows(node: &Node, args: RowsArgs) -> Result<(), CliError> {
    let mut equals = Vec::with_capacity(args.conditions.len());
    for condition in &args.conditions {
        let Some((factor, value)) = condition.split_once('=') else { return Err(CliError::Usage(format!("--where takes FACTOR=VALUE, not \"{condition}\""))) };
        equals.push((factor.trim().to_owned(), value.to_owned()));
    }
    let query = RowsQuery { tenant_id: args.tenant, topic: args.topic, equals, limit: args.limit, fixed: args.fixed };
    let mut lines: Vec<String> = Vec::new();
    read_rows(node, &query, |row| {
        lines.push(row.to_string());
        if lines.len() >= 1000 { write_out(&mut lines) } else { Ok(()) }
    })
    .await?;
    write_out(&mut lines)
}

fn write_out(lines: &mut Vec<String>) -> Result<(), CliError> {
    let mut out = output::stdout();
    for line in lines.drain(..) {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}
