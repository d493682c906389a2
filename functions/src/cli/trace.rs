//! `nightowl trace`: everything about a trace id, as a tree.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, GlobalOptions, output, session};
use crate::node::Node;
use crate::render::trace_tree;
use crate::trace::trace_document;

/// Print everything about a trace id.
#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// The trace id.
    id: String,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: TraceArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let shown = if args.json { document(&node, &args.id).await.map(|json| json.to_string()) } else { tree(&node, &args.id).await };
    node.close().await?;
    output::line(&shown?)?;
    Ok(ExitCode::SUCCESS)
}

async fn document(node: &Node, trace_id: &str) -> Result<serde_json::Value, CliError> {
    let found = trace_document(node, trace_id, None).await?;
    found.ok_or_else(|| CliError::not_found("trigger-trace-not-found", format!("nothing is known of trace {trace_id}; nightowl traces lists what there is")))
}

/// A trace as a tree.
pub(super) async fn tree(node: &Node, trace_id: &str) -> Result<String, CliError> {
    Ok(trace_tree(&document(node, trace_id).await?, output::appearance()).trim_end().to_owned())
}
