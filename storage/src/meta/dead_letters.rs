//! Dead letters: what could not be delivered, with everything that is needed to try again (storage.md §15.6,
//! surface.md §15.5).

use chrono::NaiveDateTime;
use nightowl_core::port::PendingKind;
use serde_json::Value as Json;

use super::MetaError;
use super::row::{self, Cell, Row};
use super::table::DEAD_LETTERS;
use crate::sql::{SqlSession, SqlValue};

const KIND: &str = "dead letter";

/// How a dead letter came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterKind {
    /// An event of a platform.
    Event,
    /// A message of a consumer.
    Message,
    /// A call of an external writer.
    ExternalWriter,
    /// A row for a store of objects.
    Archive,
}

impl DeadLetterKind {
    /// The work that a letter of this kind holds, which can be handed over again. A delivery goes back through its door.
    pub const fn work(self) -> Option<PendingKind> {
        match self {
            Self::ExternalWriter => Some(PendingKind::External),
            Self::Archive => Some(PendingKind::Archive),
            Self::Event | Self::Message => None,
        }
    }

    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Message => "message",
            Self::ExternalWriter => "external-writer",
            Self::Archive => "archive",
        }
    }

    /// The kind of a text in the table.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Event, Self::Message, Self::ExternalWriter, Self::Archive].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a dead letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterState {
    /// Nobody has decided on it yet.
    Open,
    /// It was delivered again.
    Redriven,
    /// It was given up.
    Dropped,
}

impl DeadLetterState {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redriven => "redriven",
            Self::Dropped => "dropped",
        }
    }

    /// The state of a text in the table.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Redriven, Self::Dropped].into_iter().find(|state| state.as_str() == text)
    }
}

/// A dead letter: one row of `nightowl_dead_letters`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Its id.
    pub dead_letter_id: i64,
    /// What makes the delivery one and the same; the second letter of a delivery is none.
    pub delivery_key: Option<String>,
    /// How it came to be.
    pub kind: DeadLetterKind,
    /// The queue, bucket, or writer.
    pub source: String,
    /// The code of the error.
    pub code: String,
    /// The error, without secrets.
    pub message: String,
    /// When it became a dead letter, UTC.
    pub received_at: NaiveDateTime,
    /// The trace id, where there is one.
    pub trace_id: Option<String>,
    /// The tenant, where it is known.
    pub tenant_id: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// What was to be delivered.
    pub content: Option<String>,
    /// How `content` is written: nothing for text, `base64` otherwise.
    pub content_encoding: Option<String>,
    /// What came with it, without tokens.
    pub attributes: Json,
    /// How it stands.
    pub state: DeadLetterState,
}

/// Which dead letters are asked for. Everything that is `None` restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetterCriteria {
    /// How they stand.
    pub state: Option<DeadLetterState>,
    /// How they came to be.
    pub kind: Option<DeadLetterKind>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// The trace id.
    pub trace_id: Option<String>,
}

/// Keeps a dead letter. False when its delivery has one already.
pub async fn insert(session: &mut dyn SqlSession, letter: &DeadLetter) -> Result<bool, MetaError> {
    if let Some(key) = &letter.delivery_key
        && !row::select(session, &DEAD_LETTERS, KIND, "{delivery_key} = ?", &[row::text(key)]).await?.is_empty()
    {
        return Ok(false);
    }
    row::insert(session, &DEAD_LETTERS, cells(letter)).await?;
    Ok(true)
}

/// A dead letter by its id.
pub async fn find(session: &mut dyn SqlSession, dead_letter_id: i64) -> Result<Option<DeadLetter>, MetaError> {
    let rows = row::select(session, &DEAD_LETTERS, KIND, "{dead_letter_id} = ?", &[SqlValue::Integer(dead_letter_id)]).await?;
    rows.first().map(read).transpose()
}

/// Dead letters, newest first, at most `limit`.
pub async fn list(session: &mut dyn SqlSession, criteria: &DeadLetterCriteria, limit: u32) -> Result<Vec<DeadLetter>, MetaError> {
    let mut condition = "1 = 1".to_owned();
    let mut values = Vec::new();
    let restrictions = [
        ("state", criteria.state.map(|state| state.as_str().to_owned())),
        ("kind", criteria.kind.map(|kind| kind.as_str().to_owned())),
        ("tenant_id", criteria.tenant_id.clone()),
        ("trace_id", criteria.trace_id.clone()),
    ];
    for (column, value) in restrictions {
        if let Some(value) = value {
            condition.push_str(&format!(" AND {{{column}}} = ?"));
            values.push(row::text(&value));
        }
    }
    condition.push_str(&format!(" ORDER BY {{dead_letter_id}} DESC LIMIT {limit}"));
    row::select(session, &DEAD_LETTERS, KIND, &condition, &values).await?.iter().map(read).collect()
}

/// Changes how a dead letter stands, if it still stands as expected. False when it does not, or is not there: then
/// somebody else has decided on it.
pub async fn change_state(session: &mut dyn SqlSession, dead_letter_id: i64, from: DeadLetterState, to: DeadLetterState) -> Result<bool, MetaError> {
    let of_condition = vec![SqlValue::Integer(dead_letter_id), row::text(from.as_str())];
    let changed = row::update(session, &DEAD_LETTERS, vec![("state", row::text(to.as_str()))], "{dead_letter_id} = ? AND {state} = ?", of_condition).await?;
    Ok(changed > 0)
}

fn cells(letter: &DeadLetter) -> Vec<Cell> {
    vec![
        ("dead_letter_id", SqlValue::Integer(letter.dead_letter_id)),
        ("delivery_key", row::optional(letter.delivery_key.as_deref())),
        ("kind", row::text(letter.kind.as_str())),
        ("source", row::text(&letter.source)),
        ("code", row::text(&letter.code)),
        ("message", row::text(&letter.message)),
        ("received_at", row::moment(Some(letter.received_at))),
        ("trace_id", row::optional(letter.trace_id.as_deref())),
        ("tenant_id", row::optional(letter.tenant_id.as_deref())),
        ("attempts", SqlValue::Integer(letter.attempts)),
        ("content", row::optional(letter.content.as_deref())),
        ("content_encoding", row::optional(letter.content_encoding.as_deref())),
        ("attributes", row::json(&letter.attributes)),
        ("state", row::text(letter.state.as_str())),
        ("format", SqlValue::Integer(1)),
    ]
}

fn read(row: &Row) -> Result<DeadLetter, MetaError> {
    let (kind, state) = (row.text("kind"), row.text("state"));
    Ok(DeadLetter {
        dead_letter_id: row.integer("dead_letter_id").unwrap_or_default(),
        delivery_key: row.filled("delivery_key"),
        kind: DeadLetterKind::parse(&kind).ok_or_else(|| row.damaged("kind", format!("holds \"{kind}\"")))?,
        source: row.text("source"),
        code: row.text("code"),
        message: row.text("message"),
        received_at: row.required_moment("received_at")?,
        trace_id: row.filled("trace_id"),
        tenant_id: row.filled("tenant_id"),
        attempts: row.integer("attempts").unwrap_or_default(),
        content: row.optional("content"),
        content_encoding: row.filled("content_encoding"),
        attributes: row.json("attributes"),
        state: DeadLetterState::parse(&state).ok_or_else(|| row.damaged("state", format!("holds \"{state}\"")))?,
    })
}
