//! `nightowl dead`: what was rejected, why, and its payload (surface.md §15.5).

use std::process::ExitCode;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use nightowl_core::value::read_json;
use nightowl_storage::meta::dead_letters::{DeadLetter, DeadLetterCriteria, DeadLetterKind, DeadLetterState, change_state, find, list};
use nightowl_storage::meta::{begin, finish};
use serde_json::{Value as Json, json};

use super::firing::credentials;
use super::{CliError, GlobalOptions, output, session};
use crate::door::Fire;
use crate::door::event::{EventDoor, EventReport, RecordStatus, TimeBudget};
use crate::event::{ContentForm, EventSource, Origin};
use crate::node::Node;

/// How many are listed, where nothing else is said.
const LIST: u32 = 100;

/// List, show, redrive and drop what was rejected.
#[derive(Debug, Args)]
pub(super) struct DeadArgs {
    #[command(subcommand)]
    verb: DeadVerb,
}

#[derive(Debug, Subcommand)]
enum DeadVerb {
    /// List dead letters, newest first.
    List(ListArgs),
    /// Print one with its payload, as JSON.
    Show {
        /// The id that `list` shows.
        id: i64,
    },
    /// Run them again, under the keys that they came with; calls of writers and rows for archives are handed over again.
    Redrive(RedriveArgs),
    /// Give them up.
    Drop {
        /// The ids that `list` shows.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Those in this state only: open, redriven, dropped.
    #[arg(long, default_value = "open", value_name = "STATE")]
    state: String,
    /// Those in every state.
    #[arg(long)]
    all: bool,
    /// Those of a tenant only.
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = LIST, value_name = "N")]
    limit: u32,
    /// Prints a JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RedriveArgs {
    /// The ids that `list` shows.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<i64>,
    /// The token, which dead letters do not keep (else the route's, else NIGHTOWL_PAT).
    #[arg(long, value_name = "TOKEN")]
    pat: Option<String>,
}

pub(super) async fn run(global: &GlobalOptions, args: DeadArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = match args.verb {
        DeadVerb::List(args) => list_letters(&node, &args).await,
        DeadVerb::Show { id } => show(&node, id).await,
        DeadVerb::Redrive(args) => {
            let credentials = credentials(args.pat.as_deref(), loaded.settings().auth.pat.as_ref());
            match EventDoor::of(Fire::new(Arc::clone(&node)), loaded.settings()) {
                Ok(door) => redrive(&node, &door.with_credentials(credentials).without_dead_letters(), &args.ids).await,
                Err(error) => Err(error.into()),
            }
        }
        DeadVerb::Drop { ids } => drop_letters(&node, &ids).await,
    };
    node.close().await?;
    done
}

async fn list_letters(node: &Node, args: &ListArgs) -> Result<ExitCode, CliError> {
    let state = DeadLetterState::parse(&args.state).ok_or_else(|| CliError::Usage(format!("--state is open, redriven or dropped, not \"{}\"", args.state)))?;
    let criteria = DeadLetterCriteria { state: (!args.all).then_some(state), tenant_id: args.tenant.clone(), ..DeadLetterCriteria::default() };
    let limit = args.limit;
    let letters = node.stores.default_store().store.read(move |session| Box::pin(async move { list(session, &criteria, limit).await })).await??;
    for letter in &letters {
        if args.json {
            output::line(&summary(letter).to_string())?;
        } else {
            let at = letter.received_at.format("%Y-%m-%d %H:%M:%S");
            output::line(&format!("{} {at} {} {} {}: {}", letter.dead_letter_id, letter.state.as_str(), letter.source, letter.code, letter.message))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A letter without its payload.
fn summary(letter: &DeadLetter) -> Json {
    json!({
        "id": letter.dead_letter_id.to_string(), "deliveryKey": letter.attributes.get("deliveryKey"), "kind": letter.kind.as_str(), "source": letter.source,
        "state": letter.state.as_str(), "receivedAt": letter.received_at.and_utc().to_rfc3339(), "attempts": letter.attempts, "tenantId": letter.tenant_id,
        "traceId": letter.trace_id, "error": {"code": letter.code, "message": letter.message},
    })
}

async fn show(node: &Node, id: i64) -> Result<ExitCode, CliError> {
    let letter = letter(node, id).await?;
    let mut document = summary(&letter);
    document["attributes"] = letter.attributes;
    document["content"] = json!(letter.content);
    document["contentEncoding"] = json!(letter.content_encoding);
    output::line(&serde_json::to_string_pretty(&document).unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}

async fn letter(node: &Node, id: i64) -> Result<DeadLetter, CliError> {
    let found = node.stores.default_store().store.read(move |session| Box::pin(async move { find(session, id).await })).await??;
    found.ok_or_else(|| CliError::not_found("dead-letter-unknown", format!("there is no dead letter {id}; `nightowl dead list --all` shows all")))
}

async fn redrive(node: &Node, door: &EventDoor, ids: &[i64]) -> Result<ExitCode, CliError> {
    let mut failed = false;
    for id in ids {
        let letter = letter(node, *id).await?;
        if letter.state == DeadLetterState::Redriven || letter.kind == DeadLetterKind::Message {
            failed = true;
            let reason = if letter.kind == DeadLetterKind::Message { "its consumer alone can take it again" } else { "it was redriven before" };
            output::problem(&format!("{id}: {reason}"));
            continue;
        }
        if letter.kind.work().is_some() {
            if node.hand_over_again(&letter).await? {
                output::line(format!("{id} handed-over {}", letter.trace_id.as_deref().unwrap_or_default()).trim_end())?;
            } else {
                failed = true;
                output::problem(&format!("{id}: somebody else has decided on it"));
            }
            continue;
        }
        let report = again(door, &letter).await;
        let unfinished = report.results.iter().find(|result| matches!(result.status, RecordStatus::Bad | RecordStatus::NotDone));
        if let Some((code, message)) = unfinished.and_then(|result| result.error.as_ref()) {
            failed = true;
            output::problem(&format!("{id}: {code}: {message}"));
            continue;
        }
        decide(node, *id, letter.state, DeadLetterState::Redriven).await?;
        let outcome = report.results.first().map_or("ignored", |result| result.status.as_str());
        output::line(format!("{id} {outcome} {}", report.last_trace_id.as_deref().unwrap_or_default()).trim_end())?;
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Takes what a letter holds as if it had just come.
async fn again(door: &EventDoor, letter: &DeadLetter) -> EventReport {
    let budget = TimeBudget::unlimited();
    let text = letter.content.as_deref().unwrap_or_default();
    let bytes = match letter.content_encoding.as_deref() {
        Some("base64") => STANDARD.decode(text).unwrap_or_default(),
        _ => text.as_bytes().to_vec(),
    };
    let form = letter.attributes.get("form").and_then(Json::as_str).and_then(ContentForm::parse);
    let document = std::str::from_utf8(&bytes).ok().and_then(|text| read_json(text, nightowl_core::limits::JSON_DEPTH).ok());
    match (document, form, EventSource::parse(&letter.source)) {
        (Some(document), Some(form), Some(source)) => door.handle_kept(Origin::of_shown(source, &letter.attributes), form, &document, &budget).await,
        _ => door.handle(&bytes, &budget).await,
    }
}

async fn drop_letters(node: &Node, ids: &[i64]) -> Result<ExitCode, CliError> {
    let mut failed = false;
    for id in ids {
        let letter = letter(node, *id).await?;
        if letter.state != DeadLetterState::Open || !decide(node, *id, DeadLetterState::Open, DeadLetterState::Dropped).await? {
            failed = true;
            output::problem(&format!("{id}: it is {} already", letter.state.as_str()));
        }
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

async fn decide(node: &Node, id: i64, from: DeadLetterState, to: DeadLetterState) -> Result<bool, CliError> {
    let changed = node.stores.default_store().store.write(move |session| {
        Box::pin(async move {
            begin(session).await?;
            let changed = change_state(session, id, from, to).await;
            finish(session, changed).await
        })
    });
    Ok(changed.await??)
}
