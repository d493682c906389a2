//! Routes as the settings have them: `event.route`, else the file of `event.routes_file`.

use std::collections::BTreeMap;
use std::path::Path;

use nightowl_auth::Token;
use nightowl_config::Settings;
use nightowl_core::model::TriggerType;
use serde::Deserialize;
use serde_json::Value as Json;

use super::token::TokenReference;
use super::{After, Capture, Csv, Decode, Match, Mode, Route, Routes};
use crate::event::EventSource;
use crate::event::debezium_type::ColumnType;
use crate::secret::SecretReference;

/// The largest file of routes, in bytes.
const FILE_BYTES: u64 = 1024 * 1024;

/// Why routes can not be used (`config-event-route`). Its text holds no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The file can not be read.
    #[error("the file of event.routes_file can not be used: {0}")]
    File(String),
    /// A route can not be what it is.
    #[error("route {position}: {reason}")]
    Wrong {
        /// Its position, from 1.
        position: usize,
        /// What is wrong and what would be right.
        reason: String,
    },
}

/// A route as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[derive(Default)]
struct Written {
    #[serde(rename = "match")]
    matches: Match,
    mode: Mode,
    code: Option<String>,
    tenant_id: Option<String>,
    trigger_type: Option<String>,
    pat: Option<String>,
    pat_env: Option<String>,
    pat_file: Option<String>,
    pat_secret: Option<String>,
    flatten: bool,
    capture: Capture,
    key: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    changed_at: Option<String>,
    decode: Option<Decode>,
    csv: Option<Csv>,
    result: Option<String>,
    after: Option<String>,
}

impl Routes {
    /// The routes of the settings.
    ///
    /// # Errors
    /// The first route that can not be used.
    pub fn of(settings: &Settings) -> Result<Self, RouteError> {
        match &settings.event.routes_file {
            Some(path) if settings.event.route.is_empty() => Self::read(&of_file(path)?),
            _ => Self::read(&settings.event.route),
        }
    }

    /// Routes as JSON has them.
    ///
    /// # Errors
    /// As [`Routes::of`].
    pub fn read(routes: &[Json]) -> Result<Self, RouteError> {
        let read = |(route, position): (&Json, usize)| route_of(route).map_err(|reason| RouteError::Wrong { position, reason });
        routes.iter().zip(1..).map(read).collect::<Result<_, _>>().map(Self)
    }
}

fn of_file(path: &Path) -> Result<Vec<Json>, RouteError> {
    let wrong = |reason: String| RouteError::File(format!("{}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > FILE_BYTES {
        return Err(wrong(format!("it has more than {FILE_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("it is no JSON list of routes: {error}")))
}

fn route_of(json: &Json) -> Result<Route, String> {
    let written = Written::deserialize(json).map_err(|error| error.to_string())?;
    if let Some(source) = &written.matches.source
        && EventSource::parse(source).is_none()
    {
        let known: Vec<&str> = EventSource::ALL.iter().map(|source| source.as_str()).collect();
        return Err(format!("match.source \"{source}\" is none of {}", known.join(", ")));
    }
    let trigger_type = match &written.trigger_type {
        None => None,
        Some(text) => Some(TriggerType::parse(text).ok_or_else(|| format!("triggerType \"{text}\" is none of insert, merge, insert-or-merge, delete"))?),
    };
    if let Some((column, kind)) = written.types.iter().find(|(_, kind)| !ColumnType::is_known(kind)) {
        return Err(format!("types: \"{kind}\" of column \"{column}\" is no type of Debezium or Connect"));
    }
    if written.csv.as_ref().is_some_and(|csv| csv.separator.len() != 1 || !csv.separator.is_ascii()) {
        return Err("csv.separator is not one ASCII character".to_owned());
    }
    if written.csv.as_ref().is_some_and(|csv| !csv.header && csv.columns.is_empty()) {
        return Err("csv has neither a header nor columns; set header, or list columns".to_owned());
    }
    let after = match written.after.as_deref() {
        None | Some("keep") => After::Keep,
        Some("delete") => After::Delete,
        Some(other) => match other.strip_prefix("move:") {
            Some(prefix) if !prefix.is_empty() => After::Move(prefix.to_owned()),
            _ => return Err(format!("after \"{other}\" is none of keep, delete, move:<prefix>")),
        },
    };
    if written.capture == Capture::Rows && written.key.is_empty() {
        return Err("capture \"rows\" needs key, which names the factors of the key columns".to_owned());
    }
    let token = token(&written)?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(Route {
        matches: written.matches,
        mode: written.mode,
        code: filled(written.code),
        tenant_id: filled(written.tenant_id),
        trigger_type,
        token,
        flatten: written.flatten,
        capture: written.capture,
        key: written.key,
        fields: written.fields,
        types: written.types,
        changed_at: filled(written.changed_at),
        decode: written.decode,
        csv: written.csv,
        result: filled(written.result),
        after,
    })
}

/// The token, or its reference; of several the first in the order of surface.md §15.1.
fn token(written: &Written) -> Result<Option<TokenReference>, String> {
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(pat) = given(&written.pat) {
        return Ok(Some(if let Some(name) = pat.strip_prefix("env:") {
            TokenReference::Secret(SecretReference::Variable(name.to_owned()))
        } else if let Some(path) = pat.strip_prefix("file:") {
            TokenReference::Secret(SecretReference::File(path.into()))
        } else {
            TokenReference::Given(Token::new(&pat))
        }));
    }
    let secret = if let Some(name) = given(&written.pat_env) {
        SecretReference::Variable(name)
    } else if let Some(path) = given(&written.pat_file) {
        SecretReference::File(path.into())
    } else if let Some(name) = given(&written.pat_secret) {
        SecretReference::parse(&name).map_err(|reason| format!("patSecret: {reason}"))?
    } else {
        return Ok(None);
    };
    Ok(Some(TokenReference::Secret(secret)))
}
