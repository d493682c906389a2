//! `nightowl rerun`: runs recorded triggers again (engine.md §2.8).

use std::process::ExitCode;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use clap::Args;
use nightowl_core::error::{Coded, ErrorClass};
use serde_json::json;

use super::{CliError, GlobalOptions, output, session};
use crate::node::Node;
use crate::rerun::{Asker, failed_since, rerun_trace};

/// Who the command line acts as.
const USER: &str = "1";

/// Run recorded triggers again, whole, under a new trace id.
#[derive(Debug, Args)]
pub(super) struct RerunArgs {
    /// The trace id whose triggers are run again.
    #[arg(required_unless_present = "failed", conflicts_with = "failed")]
    id: Option<String>,
    /// All triggers with a failed pipeline.
    #[arg(long, requires = "since")]
    failed: bool,
    /// Since when they have come: 30m, 12h, 7d, or a time like 2024-05-01 or "2024-05-01 10:00:00" of the configured zone.
    #[arg(long, value_name = "T", requires = "failed")]
    since: Option<String>,
    /// The tenant.
    #[arg(long, default_value = "1", value_name = "ID")]
    tenant: String,
    /// A JSON document a trigger.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: RerunArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = again(&node, &args).await;
    node.close().await?;
    done
}

async fn again(node: &Arc<Node>, args: &RerunArgs) -> Result<ExitCode, CliError> {
    let trace_ids = match (&args.id, &args.since) {
        (Some(id), _) => vec![id.clone()],
        (None, Some(since)) => failed_since(node, &args.tenant, since_unix_ms(node, since)?).await?,
        (None, None) => return Err(CliError::Usage("rerun takes a trace id, or --failed --since T".to_owned())),
    };
    let asker = Asker { tenant_id: args.tenant.as_str().into(), user_id: USER.into(), pat_key_id: None };
    let (mut done, mut failed, mut refused) = (0, 0, 0);
    for trace_id in &trace_ids {
        let triggers = rerun_trace(node, &asker, trace_id, args.failed).await.map_err(Box::new).map_err(CliError::Door)?;
        if triggers.is_empty() && !args.failed {
            return Err(CliError::not_found("trigger-trace-not-found", format!("nothing is known of trace {trace_id}; nightowl traces lists what there is")));
        }
        for trigger in triggers {
            let (new_trace_id, status, reason) = match trigger.answer {
                Ok(answer) => (Some(answer.trace_id), answer.status, None),
                Err(error) if error.class() == ErrorClass::Reject => (None, "REFUSED", Some(format!("{}: {error}", error.code()))),
                Err(error) => return Err(CliError::Door(Box::new(error))),
            };
            match status {
                "DONE" => done += 1,
                "ERROR" => failed += 1,
                _ => refused += 1,
            }
            let shown = new_trace_id.as_deref().unwrap_or("-");
            if args.json {
                let line = json!({"triggerId": trigger.trigger_id.to_string(), "of": trace_id, "traceId": new_trace_id, "status": status, "error": reason});
                output::line(&line.to_string())?;
            } else {
                output::line(&format!("{trace_id}  {}  {shown}  {status}{}", trigger.trigger_id, reason.map(|text| format!("  {text}")).unwrap_or_default()))?;
            }
        }
    }
    output::note(&format!("{} traces: {done} triggers done, {failed} failed, {refused} refused", trace_ids.len()));
    Ok(if failed + refused > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// A moment, or how long ago it was, in milliseconds since 1970.
fn since_unix_ms(node: &Node, text: &str) -> Result<i64, CliError> {
    let text = text.trim();
    if let Some(ago_ms) = duration_ms(text) {
        return Ok(Utc::now().timestamp_millis() - ago_ms);
    }
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(NaiveTime::MIN)));
    let moment = moment.ok().and_then(|moment| node.zone.from_local_datetime(&moment).earliest());
    let wrong = || CliError::Usage(format!("--since takes 30m, 12h, 7d, 2024-05-01 or \"2024-05-01 10:00:00\", not \"{text}\""));
    moment.map(|moment| moment.timestamp_millis()).ok_or_else(wrong)
}

/// `30s`, `30m`, `12h`, `7d`.
fn duration_ms(text: &str) -> Option<i64> {
    let units = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];
    let (_, unit_ms) = units.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let count: i64 = text.strip_suffix(|_: char| true)?.parse().ok()?;
    count.checked_mul(unit_ms).filter(|duration| *duration >= 0)
}

#[cfg(test)]
mod tests {
    use super::duration_ms;

    #[test]
    fn durations() {
        assert_eq!(duration_ms("30m"), Some(1_800_000));
        assert_eq!(duration_ms("7d"), Some(604_800_000));
        assert_eq!(duration_ms("d"), None);
        assert_eq!(duration_ms("-1d"), None);
        assert_eq!(duration_ms("2024-05-01"), None);
    }
}
