//! `nightowl run`: the one-shot. Applies definitions, fires files, ends.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use nightowl_auth::{Credentials, Expiry, IssueRequest, PatId, Scopes, UserStore as _, issue};
use nightowl_config::Settings;
use nightowl_core::port::Clock as _;
use nightowl_storage::meta::FIRST_ADMIN_NAME;

use super::firing::{Firing, credentials};
use super::{CliError, GlobalOptions, apply, output, session, trace};
use crate::node::Node;

/// Apply definitions, fire files, end.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Definition files or folders to apply first; may be repeated.
    #[arg(short = 'd', long, value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// Files or folders with triggers; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The token of triggers that bring none (else NIGHTOWL_PAT, else a throw-away one of tenant 1's admin).
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
    /// Prints the last trigger's trace, recorded at level full unless the level is set.
    #[arg(long)]
    trace: bool,
    /// Ends with one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: RunArgs) -> Result<ExitCode, CliError> {
    let mut loaded = session::settings(global)?;
    if args.trace && loaded.is_default("trace.level") {
        loaded = session::settings_with(global, &[("trace.level", "full")])?;
    }
    let settings = loaded.settings();
    let node = session::open(settings).await?;
    node.hand_over.wake();
    let done = fire(&node, &args, settings).await;
    node.close().await?;
    done
}

async fn fire(node: &Arc<Node>, args: &RunArgs, settings: &Settings) -> Result<ExitCode, CliError> {
    if !args.definitions.is_empty() {
        apply::apply_files(node, &args.definitions, &apply::ApplyOptions::for_run()).await?;
    }
    let given = credentials(args.pat.as_deref(), settings.auth.pat.as_ref());
    let throw_away = if given.is_none() { Some(ThrowAway::issue(node).await?) } else { None };
    let credentials = given.or_else(|| throw_away.as_ref().map(|pat| pat.credentials.clone()));
    let fired = match Firing::new(node, settings, credentials, args.topic.clone(), args.again) {
        Ok(firing) => firing.with_csv_of(args.code.clone()).fire_all(&args.files).await,
        Err(error) => Err(error.into()),
    };
    if let Some(pat) = throw_away {
        node.pats.revoke(&pat.pat_id).await?;
    }
    let counts = fired?;
    if args.trace
        && let Some(trace_id) = &counts.last_trace_id
    {
        output::line(&trace::tree(node, trace_id).await?)?;
    }
    counts.print(args.json)?;
    Ok(if counts.has_failures() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// A token of tenant 1's admin for this run only, with the scope `trigger:*`.
struct ThrowAway {
    pat_id: PatId,
    credentials: Credentials,
}

impl ThrowAway {
    async fn issue(node: &Node) -> Result<Self, CliError> {
        let owner = node.accounts.find_user_by_name(FIRST_ADMIN_NAME).await.map_err(nightowl_auth::AuthError::from)?;
        let owner = owner
            .ok_or_else(|| CliError::not_found("auth-user-unknown", format!("there is no user {FIRST_ADMIN_NAME} whose token could be used; give --pat")))?;
        let pat_id = PatId::new(node.new_id()?.to_string());
        let request = IssueRequest {
            pat_id: pat_id.clone(),
            owner: &owner,
            created_by: owner.user_id.clone(),
            issuer_scopes: &Scopes::all(),
            scopes: Scopes::parse(["trigger:*"])?,
            expires: Expiry::Never,
            note: Some("nightowl run".to_owned()),
        };
        let issued = issue(request, &*node.accounts, node.clock.now_utc(), node.zone).await?;
        Ok(Self { pat_id, credentials: Credentials::pat(issued.token) })
    }
}
