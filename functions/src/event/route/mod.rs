//! Routes: what events mean whose content does not say it (surface.md §15.3).

mod check;
mod pattern;
mod read;
mod token;

use std::collections::BTreeMap;

use nightowl_core::model::TriggerType;
use serde::Deserialize;

pub use check::check;
pub use read::RouteError;

use super::record::Origin;
use super::{EventSource, Shape};
use pattern::fits;

/// The routes of an installation, in order: the first that matches counts.
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<Route>);

/// What events of some sources mean.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// Which deliveries it is for.
    pub matches: Match,
    /// Whether the content is an envelope or the data itself.
    pub mode: Mode,
    /// The topic's name.
    pub code: Option<String>,
    /// The tenant.
    pub tenant_id: Option<String>,
    /// What is done with the row.
    pub trigger_type: Option<TriggerType>,
    /// Where the token comes from.
    pub(super) token: Option<token::TokenReference>,
    /// Whether a captured change is written as one flat row.
    pub flatten: bool,
    /// What becomes of captured changes.
    pub capture: Capture,
    /// Key columns and their factors.
    pub key: BTreeMap<String, String>,
    /// Other columns and their factors, where the names differ.
    pub fields: BTreeMap<String, String>,
    /// How columns are written, where no schema says it.
    pub types: BTreeMap<String, String>,
    /// The factor that holds when the row was changed.
    pub changed_at: Option<String>,
    /// What the content is, instead of what it looks like.
    pub decode: Option<Decode>,
    /// How lines of values are read.
    pub csv: Option<Csv>,
    /// Where result documents are written: the URL prefix of an object store.
    pub result: Option<String>,
    /// What becomes of an object whose rows are done.
    pub after: After,
}

/// Which deliveries a route is for: all that is given has to match. Texts may hold `*`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The source.
    pub source: Option<String>,
    /// The bucket or container.
    pub bucket: Option<String>,
    /// What the object's key begins with.
    pub prefix: Option<String>,
    /// What the object's key ends with.
    pub suffix: Option<String>,
    /// The message topic, by its whole name or the last part of its ARN.
    pub topic: Option<String>,
    /// The queue, likewise.
    pub queue: Option<String>,
    /// The rule, timer or binding.
    pub name: Option<String>,
    /// The function that was invoked.
    pub function: Option<String>,
}

/// Whether a content is an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is one.
    #[default]
    Envelope,
    /// It is the data of one.
    Payload,
}

/// What becomes of captured changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capture {
    /// Each is a row of a raw topic.
    #[default]
    Changes,
    /// The topic is kept equal to the table.
    Rows,
}

/// What a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decode {
    /// An envelope, whatever else it looks like.
    Envelope,
    /// A JSON document, whatever it looks like.
    Json,
    /// Lines of values.
    Csv,
    /// A CloudEvent.
    CloudEvents,
    /// A change that Debezium captured.
    Debezium,
    /// Changes of Tablestore.
    Tablestore,
}

/// How lines of values are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Csv {
    /// Whether the first line names the columns.
    pub header: bool,
    /// What stands between values: one ASCII character.
    pub separator: String,
    /// The columns, where no line names them.
    pub columns: Vec<String>,
}

/// What becomes of an object whose rows are done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum After {
    /// It stays.
    #[default]
    Keep,
    /// It is deleted.
    Delete,
    /// It is moved below a prefix.
    Move(String),
}

impl Default for Csv {
    fn default() -> Self {
        Self { header: true, separator: ",".to_owned(), columns: Vec::new() }
    }
}

impl Decode {
    /// The shape of an event that stands in a message; `None` for a content.
    pub(super) const fn shape(self) -> Option<Shape> {
        match self {
            Self::Envelope | Self::Json | Self::Csv => None,
            Self::CloudEvents => Some(Shape::CloudEvent),
            Self::Debezium => Some(Shape::Debezium),
            Self::Tablestore => Some(Shape::Tablestore),
        }
    }
}

impl Routes {
    /// The first route that matches, with its position from 0.
    pub fn find(&self, origin: &Origin) -> Option<(usize, &Route)> {
        self.0.iter().enumerate().find(|(_, route)| route.matches.fits(origin))
    }

    /// A route by its position.
    pub fn get(&self, position: usize) -> Option<&Route> {
        self.0.get(position)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Match {
    fn fits(&self, origin: &Origin) -> bool {
        let facts = &origin.facts;
        let equals = |wanted: &Option<String>, found: &Option<String>| match (wanted, found) {
            (None, _) => true,
            (Some(wanted), Some(found)) => fits(wanted, found),
            (Some(_), None) => false,
        };
        // the name of a topic or queue is the last part of its ARN
        let named = |wanted: &Option<String>, found: &Option<String>| {
            let last = found.as_ref().and_then(|found| found.rsplit([':', '/']).next()).map(str::to_owned);
            equals(wanted, found) || equals(wanted, &last)
        };
        let object = facts.object.as_deref();
        self.source.as_ref().is_none_or(|source| EventSource::parse(source) == Some(origin.source))
            && equals(&self.bucket, &facts.bucket)
            && self.prefix.as_ref().is_none_or(|prefix| object.is_some_and(|object| object.starts_with(prefix.as_str())))
            && self.suffix.as_ref().is_none_or(|suffix| object.is_some_and(|object| object.ends_with(suffix.as_str())))
            && named(&self.topic, &facts.topic)
            && named(&self.queue, &facts.queue)
            && equals(&self.name, &facts.name)
            && equals(&self.function, &facts.function)
    }
}
