//! What an event is decoded to: deliveries, each ready to be carried out (surface.md §15.1).

use std::sync::Arc;

use nightowl_core::engine::KeyedRow;
use nightowl_core::value::Value;
use serde_json::{Value as Json, json};

use super::http::HttpRequest;
use super::scrub::without_tokens;
use super::{Attributes, EventError, EventSource};
use crate::door::Envelope;

/// One delivery of an event.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where it comes from.
    pub origin: Origin,
    /// What it is.
    pub body: Body,
}

/// Where a delivery comes from.
#[derive(Clone)]
pub struct Origin {
    /// The kind of source.
    pub source: EventSource,
    /// What makes the delivery one and the same, however often it comes (surface.md §15.4); none where the source has no
    /// such thing.
    pub key: Option<String>,
    /// The platform's item that a partial failure is reported by.
    pub item: Option<Item>,
    /// What came beside the content.
    pub attributes: Attributes,
    /// What routes match.
    pub facts: Facts,
    /// How deep it was wrapped in other events.
    pub layer: u8,
}

/// An item of a batch whose failure can be reported by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The platform's id.
    pub id: Arc<str>,
    /// The group whose order is kept; none where items have no order.
    pub group: Option<Arc<str>>,
}

/// What routes match, beside the source (surface.md §15.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The bucket or container.
    pub bucket: Option<String>,
    /// The object's key or blob's name.
    pub object: Option<String>,
    /// The message topic: ARN or name.
    pub topic: Option<String>,
    /// The queue: ARN or name.
    pub queue: Option<String>,
    /// The rule, timer or binding.
    pub name: Option<String>,
    /// The function that was invoked.
    pub function: Option<String>,
}

/// What a delivery is.
#[derive(Debug, Clone)]
pub enum Body {
    /// A trigger, complete but for a token that the settings may hold.
    Trigger(Box<Trigger>),
    /// Bytes that hold one envelope or more: a blob that came with its event.
    Content(Arc<[u8]>),
    /// An object that holds them.
    Object(ObjectRef),
    /// An HTTP request.
    Http(Box<HttpRequest>),
    /// A tick that refreshes definitions and works off what is pending (surface.md §15.2.7).
    Heartbeat,
    /// The handshake of an Event Grid webhook, with the code that answers it.
    Handshake(String),
    /// Nothing that concerns us; why.
    Ignored(&'static str),
    /// What can never work, with what is kept of it.
    Bad {
        /// Why.
        error: EventError,
        /// What came, without tokens.
        content: Content,
    },
}

/// A trigger of a delivery.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// What is asked for.
    pub envelope: Envelope,
    /// The position of its route, for the route's token.
    pub route: Option<usize>,
    /// The row that it stands for, in `capture: "rows"`.
    pub keyed: Option<KeyedRow>,
    /// What is kept of it as a dead letter where it is no plain envelope.
    pub event: Option<String>,
}

/// What is kept of a delivery that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is.
    pub form: ContentForm,
    /// Its bytes, without tokens.
    pub bytes: Vec<u8>,
}

/// What the content of a dead letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentForm {
    /// A document of an event.
    Event,
    /// The content of one delivery as it came: a message, a line.
    Delivery,
    /// An envelope to which nothing has to be added by a route but a token.
    Envelope,
    /// Where an object lies, as [`ObjectRef::document`] tells it.
    Object,
}

impl Content {
    /// A text without the tokens in it.
    pub fn without_tokens(form: ContentForm, text: &str) -> Self {
        Self { form, bytes: super::scrub::without_tokens(text).into_bytes() }
    }

    /// Bytes without the tokens in them.
    pub fn bytes_without_tokens(form: ContentForm, bytes: &[u8]) -> Self {
        Self { form, bytes: super::scrub::bytes_without_tokens(bytes) }
    }
}

impl ContentForm {
    /// The form of a text in a dead letter.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Event, Self::Delivery, Self::Envelope, Self::Object].into_iter().find(|form| form.as_str() == text)
    }

    /// The text in a dead letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Delivery => "delivery",
            Self::Envelope => "envelope",
            Self::Object => "object",
        }
    }
}

/// An object in a store.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectRef {
    /// The bucket or container.
    pub bucket: String,
    /// The key or name.
    pub key: String,
    /// The key in its other reading, tried where there is no such object.
    pub other_key: Option<String>,
    /// The version to read.
    pub version: Option<String>,
    /// The region, where the event names it.
    pub region: Option<String>,
    /// The account, of Azure.
    pub account: Option<String>,
}

impl ObjectRef {
    /// What a dead letter keeps of it.
    pub fn document(&self) -> Json {
        json!({
            "bucket": self.bucket, "key": self.key, "otherKey": self.other_key, "version": self.version, "region": self.region, "account": self.account,
        })
    }

    /// The object that a dead letter tells of.
    pub fn of_document(document: &Value) -> Option<Self> {
        let object = document.as_object()?;
        let text = |key: &str| object.get(key).and_then(Value::as_text).map(str::to_owned);
        Some(Self {
            bucket: text("bucket")?,
            key: text("key")?,
            other_key: text("otherKey"),
            version: text("version"),
            region: text("region"),
            account: text("account"),
        })
    }
}

impl Origin {
    /// A delivery of a source, in an event that is wrapped in `outer`.
    pub(super) fn inside(outer: &Outer, source: EventSource) -> Self {
        Self { source, key: None, item: outer.item.clone(), attributes: outer.attributes.clone(), facts: outer.facts(), layer: outer.layer }
    }

    /// With a key.
    pub(super) fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The delivery of the n-th row of this one.
    pub fn of_row(&self, number: Option<u64>) -> Self {
        let mut row = self.clone();
        if let (Some(number), Some(key)) = (number, &mut row.key) {
            key.push_str(&format!("#{number}"));
        }
        row
    }

    /// In words, for errors: the source and what a route could match.
    pub(super) fn told(&self) -> String {
        let facts = [("bucket", &self.facts.bucket), ("topic", &self.facts.topic), ("queue", &self.facts.queue), ("name", &self.facts.name)];
        let facts = facts.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!(", {name} \"{}\"", without_tokens(value))));
        format!("source \"{}\"{}", self.source.as_str(), facts.collect::<String>())
    }

    /// What a dead letter says of it.
    pub fn shown(&self) -> Json {
        let facts = &self.facts;
        let clean = |text: &Option<String>| text.as_deref().map(without_tokens);
        json!({
            "deliveryKey": self.key, "attributes": self.attributes.shown(), "bucket": clean(&facts.bucket), "object": clean(&facts.object),
            "topic": clean(&facts.topic), "queue": clean(&facts.queue), "name": clean(&facts.name), "function": clean(&facts.function),
        })
    }

    /// The origin of which [`Origin::shown`] told.
    pub fn of_shown(source: EventSource, shown: &Json) -> Self {
        let text = |key: &str| shown.get(key).and_then(Json::as_str).map(str::to_owned);
        let facts = Facts {
            bucket: text("bucket"),
            object: text("object"),
            topic: text("topic"),
            queue: text("queue"),
            name: text("name"),
            function: text("function"),
        };
        let attributes = Attributes::of_shown(shown.get("attributes").unwrap_or(&Json::Null));
        Self { source, key: text("deliveryKey"), item: None, attributes, facts, layer: 0 }
    }
}

impl std::fmt::Debug for Origin {
    /// As a dead letter tells of it: without tokens, wherever an event has put one.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = without_tokens(&self.shown().to_string());
        out.debug_struct("Origin").field("source", &self.source).field("item", &self.item).field("layer", &self.layer).field("shown", &shown).finish()
    }
}

impl std::fmt::Debug for ObjectRef {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let clean = |text: &String| without_tokens(text);
        let mut shown = out.debug_struct("ObjectRef");
        shown.field("bucket", &clean(&self.bucket)).field("key", &clean(&self.key)).field("other_key", &self.other_key.as_ref().map(clean));
        shown.field("version", &self.version.as_ref().map(clean)).field("region", &self.region).field("account", &self.account).finish()
    }
}

/// The events around the one that is being decoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Outer {
    pub(super) item: Option<Item>,
    pub(super) attributes: Attributes,
    pub(super) function: Option<String>,
    pub(super) layer: u8,
}

impl Outer {
    fn facts(&self) -> Facts {
        Facts { function: self.function.clone(), ..Facts::default() }
    }

    /// Around what stands in a message.
    pub(super) fn of_message(origin: &Origin) -> Self {
        Self { item: origin.item.clone(), attributes: origin.attributes.clone(), function: origin.facts.function.clone(), layer: origin.layer + 1 }
    }
}

impl Body {
    /// Something that can never work, with the document it was found in.
    pub(super) fn bad(error: EventError, form: ContentForm, content: &str) -> Self {
        Self::Bad { error, content: Content::without_tokens(form, content) }
    }
}
