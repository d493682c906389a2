//! `nightowl traces`: the list of triggers.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use clap::Args;
use nightowl_core::port::TriggerStatus;
use nightowl_storage::trace::{TraceStore, TriggerCriteria, TriggerRecord, list_of_triggers};
use serde_json::json;

use super::{CliError, GlobalOptions, output, session};
use crate::node::{Node, TenantCatalog};
use crate::render::{TraceSummary, list_header, list_line};

/// How often the store is asked while following.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How many triggers one look may give while following.
const FOLLOW_AT_MOST: u32 = 1000;

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
    /// Only those that came since: 15m, 2h, 3d, or a date and time.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The tenant.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// At most so many, newest first.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
    /// Goes on with those that come, until it is interrupted.
    #[arg(long)]
    follow: bool,
    /// A JSON document a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: TracesArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = tokio::select! {
        done = print(&node, &args) => done,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(CliError::Io),
    };
    node.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn print(node: &Node, args: &TracesArgs) -> Result<(), CliError> {
    node.open_sources().await?;
    let tenant = node.catalogs.of(&args.tenant).await?;
    let mut criteria = criteria(node, &tenant, args)?;
    let mut triggers = list(node, &criteria, args.limit).await?;
    if !args.json {
        output::line(list_header(output::appearance()).trim_end())?;
    }
    if !args.follow {
        return print_lines(node, &tenant, &triggers, args.json).await;
    }
    triggers.reverse();
    loop {
        print_lines(node, &tenant, &triggers, args.json).await?;
        if let Some(last) = triggers.last() {
            criteria.after_trigger_id = Some(last.trigger_id);
        }
        tokio::time::sleep(FOLLOW_EVERY).await;
        triggers = list(node, &criteria, FOLLOW_AT_MOST).await?;
    }
}

fn criteria(node: &Node, tenant: &TenantCatalog, args: &TracesArgs) -> Result<TriggerCriteria, CliError> {
    let topic_id = match &args.topic {
        Some(name) => {
            let topic =
                tenant.catalog.topic_by_name(name).ok_or_else(|| CliError::not_found("trigger-topic-not-found", format!("there is no topic \"{name}\"")))?;
            Some(topic.topic_id.to_string())
        }
        None => None,
    };
    let since_unix_ms = match &args.since {
        Some(text) => Some(since(node, text).ok_or_else(|| CliError::Usage(format!("--since takes 15m, 2h, 3d or a date and time, not \"{text}\"")))?),
        None => None,
    };
    Ok(TriggerCriteria {
        tenant_id: Some(args.tenant.clone()),
        status: args.failed.then_some(TriggerStatus::Error),
        topic_id,
        pipeline_id: args.pipeline.clone(),
        since_unix_ms,
        ..TriggerCriteria::default()
    })
}

/// A moment by its distance from now, or in the configured zone, in milliseconds since 1970.
fn since(node: &Node, text: &str) -> Option<i64> {
    let now: NaiveDateTime = nightowl_core::port::Clock::now_utc(&node.clock);
    let seconds = text.strip_suffix(['m', 'h', 'd']).and_then(|number| number.parse::<i64>().ok()).map(|number| match text.as_bytes().last() {
        Some(b'm') => number * 60,
        Some(b'h') => number * 3600,
        _ => number * 86_400,
    });
    if let Some(seconds) = seconds {
        return Some((now.and_utc() - chrono::Duration::seconds(seconds)).timestamp_millis());
    }
    let local = node.engine.settings.dates.parse_date(text)?;
    local.and_local_timezone(node.zone).earliest().map(|moment| moment.timestamp_millis())
}

/// Triggers of all stores: the newest, or those that come next.
async fn list(node: &Node, criteria: &TriggerCriteria, limit: u32) -> Result<Vec<TriggerRecord>, CliError> {
    let stores: Vec<TraceStore> = node.stores.open().into_iter().map(|open| TraceStore::new(open.store)).collect();
    Ok(list_of_triggers(&stores, criteria, limit).await?)
}

async fn print_lines(node: &Node, tenant: &TenantCatalog, triggers: &[TriggerRecord], as_json: bool) -> Result<(), CliError> {
    for trigger in triggers {
        let summary = summary(node, tenant, trigger).await?;
        let line = if as_json {
            json!({
                "at": summary.at, "traceId": summary.trace_id, "status": summary.status, "topic": summary.topic,
                "triggerType": trigger.trigger_type.as_str(), "runs": summary.runs, "failed": summary.failed, "spentInMills": summary.spent_ms,
                "failedPipelineIds": trigger.failed_pipeline_ids,
            })
            .to_string()
        } else {
            list_line(&summary, output::appearance()).trim_end().to_owned()
        };
        output::line(&line)?;
    }
    if std::io::stdout().is_terminal() {
        std::io::Write::flush(&mut std::io::stdout())?;
    }
    Ok(())
}

async fn summary(node: &Node, tenant: &TenantCatalog, trigger: &TriggerRecord) -> Result<TraceSummary, CliError> {
    let mut runs = Vec::new();
    for open in node.stores.open() {
        let trace = TraceStore::new(open.store).trace(&trigger.trace_id, Some(&trigger.tenant_id)).await?;
        runs.extend(trace.logs.into_iter().filter(|log| log.trigger_id == trigger.trigger_id));
    }
    let at = DateTime::from_timestamp_millis(TraceStore::came_at_unix_ms(trigger)).map(|at| at.with_timezone(&node.zone));
    let failed = runs.iter().filter(|log| log.status == "ERROR").count().max(trigger.failed_pipeline_ids.len());
    Ok(TraceSummary {
        at: at.map(|at| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()).unwrap_or_default(),
        trace_id: trigger.trace_id.clone(),
        status: trigger.status.as_str().to_owned(),
        topic: tenant.catalog.topic(&trigger.topic_id).map_or_else(|| trigger.topic_id.clone(), |topic| topic.name.to_string()),
        failed: failed as u64,
        runs: runs.len() as u64,
        spent_ms: trigger.finished_at.map(|_| runs.iter().map(|log| log.spent_ms.unsigned_abs()).sum()),
    })
}
