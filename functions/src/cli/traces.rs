//! `nightowl traces`: the list of triggers.

use std::process::ExitCode;

use clap::Args;
use nightowl_core::port::TriggerStatus;
use nightowl_storage::trace::{TraceStore, TriggerCriteria};
use serde_json::json;

use super::{CliError, GlobalOptions, output, session};
use crate::node::Node;
use crate::render::{TraceLine, trace_list};

/// List traces.
#[derive(Debug, Args)]
pub(super) struct TracesArgs {
    /// Only those with a failed pipeline.
    #[arg(long)]
    failed: bool,
    /// Only those of this topic, by name.
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
    /// Only those in which this pipeline ran, by id.
    #[arg(long, value_name = "ID")]
    pipeline: Option<String>,
    /// The tenant.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// At most so many, newest first.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
    /// A JSON document a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: TracesArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = print(&node, &args).await;
    node.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn print(node: &Node, args: &TracesArgs) -> Result<(), CliError> {
    let tenant = node.catalogs.of(&args.tenant).await?;
    let topic_id = match &args.topic {
        Some(name) => {
            let topic = tenant.catalog.topic_by_name(name).ok_or_else(|| CliError::NotFound(format!("there is no topic \"{name}\"")))?;
            Some(topic.topic_id.to_string())
        }
        None => None,
    };
    let criteria = TriggerCriteria {
        tenant_id: Some(args.tenant.clone()),
        status: args.failed.then_some(TriggerStatus::Error),
        topic_id,
        pipeline_id: args.pipeline.clone(),
        ..TriggerCriteria::default()
    };
    let mut triggers = Vec::new();
    for open in node.stores.open() {
        triggers.extend(TraceStore::new(open.store).triggers(&criteria, args.limit).await?);
    }
    triggers.sort_by_key(|trigger| std::cmp::Reverse(trigger.trigger_id));
    triggers.truncate(args.limit as usize);
    let mut lines = Vec::with_capacity(triggers.len());
    for trigger in &triggers {
        let at = chrono::DateTime::from_timestamp_millis(TraceStore::came_at_unix_ms(trigger)).map(|at| at.with_timezone(&node.zone));
        lines.push(TraceLine {
            at: at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default(),
            trace_id: trigger.trace_id.clone(),
            status: trigger.status.as_str().to_owned(),
            topic: tenant.catalog.topic(&trigger.topic_id).map_or_else(|| trigger.topic_id.clone(), |topic| topic.name.to_string()),
            trigger_type: trigger.trigger_type.as_str().to_owned(),
            failed_pipeline_ids: trigger.failed_pipeline_ids.clone(),
        });
    }
    if args.json {
        for line in &lines {
            let shown = json!({
                "at": line.at, "traceId": line.trace_id, "status": line.status, "topic": line.topic, "triggerType": line.trigger_type,
                "failedPipelineIds": line.failed_pipeline_ids,
            });
            output::line(&shown.to_string())?;
        }
    } else {
        output::line(&trace_list(&lines))?;
    }
    Ok(())
}
