//! `nightowl pat`: issue, list, revoke (surface.md §2.4).

use std::process::ExitCode;

use clap::{Args, Subcommand};
use nightowl_auth::{AuthError, Expiry, IssueRequest, PatId, PatStore as _, Scopes, User, UserStore as _, issue};
use nightowl_core::port::Clock as _;

use super::{CliError, GlobalOptions, output, session};
use crate::node::Node;

/// Issue, list and revoke personal access tokens.
#[derive(Debug, Args)]
pub(super) struct PatArgs {
    #[command(subcommand)]
    verb: PatVerb,
}

#[derive(Debug, Subcommand)]
enum PatVerb {
    /// Issue a token and print it, alone, on stdout. It is shown only now.
    Issue(IssueArgs),
    /// List the tokens of a user.
    List(ListArgs),
    /// Revoke a token.
    Revoke {
        /// The id that `list` shows.
        id: String,
    },
}

#[derive(Debug, Args)]
struct IssueArgs {
    /// Whose token it is; it acts with this user's role and tenant.
    #[arg(long, default_value = "imma-admin", value_name = "NAME")]
    user: String,
    /// What the token may do: trigger:<topic glob>, trace:read, trace:rerun, definition:write, token:admin; may be repeated.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Until when it is good: 90d, 2027-01-31, never.
    #[arg(long, default_value = "90d", value_name = "WHEN")]
    expires: String,
    /// A note for people.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Whose tokens.
    #[arg(long, default_value = "imma-admin", value_name = "NAME")]
    user: String,
    /// Revoked ones, too.
    #[arg(long)]
    revoked: bool,
}

pub(super) async fn run(global: &GlobalOptions, args: PatArgs) -> Result<ExitCode, CliError> {
    let loaded = session::settings(global)?;
    let node = session::open(loaded.settings()).await?;
    let done = match args.verb {
        PatVerb::Issue(args) => issue_pat(&node, args).await,
        PatVerb::List(args) => list_pats(&node, &args).await,
        PatVerb::Revoke { id } => revoke_pat(&node, &id).await,
    };
    node.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn user(node: &Node, name: &str) -> Result<User, CliError> {
    let found = node.accounts.find_user_by_name(name).await.map_err(AuthError::from)?;
    found.ok_or_else(|| CliError::not_found("auth-user-unknown", format!("there is no user \"{name}\"")))
}

async fn issue_pat(node: &Node, args: IssueArgs) -> Result<(), CliError> {
    let owner = user(node, &args.user).await?;
    let now = node.clock.now_utc();
    let request = IssueRequest {
        pat_id: PatId::new(node.new_id()?.to_string()),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &Scopes::all(),
        scopes: Scopes::parse(args.scope.iter().map(String::as_str))?,
        expires: Expiry::parse(&args.expires, now, node.zone)?,
        note: args.note,
    };
    let issued = issue(request, &*node.accounts, now, node.zone).await?;
    output::line(issued.token.expose())?;
    Ok(())
}

async fn list_pats(node: &Node, args: &ListArgs) -> Result<(), CliError> {
    let owner = user(node, &args.user).await?;
    let pats = node.accounts.list_of_user(&owner.user_id, args.revoked).await.map_err(AuthError::from)?;
    output::line("ID                   TOKEN               CREATED              EXPIRES              LAST USED            SCOPES  NOTE")?;
    for pat in pats {
        let moment = |at: Option<chrono::NaiveDateTime>| at.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string());
        let state = if pat.revoked_at.is_some() { " (revoked)" } else { "" };
        output::line(&format!(
            "{:20} {:19} {:20} {:20} {:20} {}  {}{state}",
            pat.pat_id.as_str(),
            pat.masked(),
            moment(Some(pat.created_at)),
            moment(pat.expired.to_stored()),
            moment(pat.last_used_at),
            pat.permissions.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            pat.note.as_deref().unwrap_or("")
        ))?;
    }
    Ok(())
}

async fn revoke_pat(node: &Node, id: &str) -> Result<(), CliError> {
    let pat_id = PatId::new(id);
    if node.accounts.find_pat(&pat_id).await.map_err(AuthError::from)?.is_none() {
        return Err(CliError::not_found("auth-pat-unknown", format!("there is no token with the id \"{id}\"; nightowl pat list shows them")));
    }
    node.pats.revoke(&pat_id).await?;
    output::note(&format!("revoked {id}"));
    Ok(())
}
