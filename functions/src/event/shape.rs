//! Which shape a document has: an event is recognised by what it is (surface.md §15.1).

use nightowl_core::value::{Object, Value};

use super::EventSource;
use super::fields::{maybe_object, maybe_text};

/// The shape of an event's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `Version: "Sync-v1"`.
    Tablestore,
    /// `Records` with `eventSource` `…:s3`.
    S3,
    /// `Records` with `eventSource` `aws:sqs`.
    Sqs,
    /// `Records` with `EventSource` `aws:sns`.
    Sns,
    /// One notification of SNS, as it stands in an SQS message.
    SnsNotification,
    /// `events` with `eventSource` `acs:oss`.
    Oss,
    /// `detail-type`.
    EventBridge,
    /// `triggerName` and `triggerTime`.
    Timer,
    /// `TopicName` and `Message`.
    Mns,
    /// `body` and `attrs`.
    MnsStream,
    /// Payload 2.0 of API Gateway, function URLs.
    HttpPayload2,
    /// Payload 1.0 of API Gateway, REST APIs, load balancers.
    HttpPayload1,
    /// The HTTP trigger of Function Compute in its event form.
    HttpFunctionCompute,
    /// `Data` and `Metadata` of an Azure custom handler.
    AzureFunction,
    /// Events of Azure Event Grid, in its own schema or as CloudEvents.
    EventGrid,
    /// A CloudEvent.
    CloudEvent,
    /// A change that Debezium captured.
    Debezium,
    /// The test document that S3 sends when notifications are switched on.
    S3Test,
    /// An envelope.
    Envelope,
}

/// What the type of an Event Grid event begins with.
const EVENT_GRID: &str = "Microsoft.";

impl Shape {
    /// The shape of a document; `None` where it has none that is known.
    pub fn of(document: &Value) -> Option<Self> {
        match document {
            Value::Object(object) => Self::of_object(object),
            // a list is what its first element is, where that comes in lists
            Value::Array(items) => items.first().and_then(Value::as_object).and_then(Self::of_object).filter(|shape| shape.comes_in_lists()),
            _ => None,
        }
    }

    fn of_object(object: &Object) -> Option<Self> {
        let has = |key: &str| object.contains(key);
        let text = |key: &str| maybe_text(object, key);
        if text("Version") == Some("Sync-v1") {
            return Some(Self::Tablestore);
        }
        if let Some(first) = first_of(object, "Records") {
            match (maybe_text(first, "eventSource"), maybe_text(first, "EventSource")) {
                (Some("aws:sqs"), _) => return Some(Self::Sqs),
                (Some(source), _) if source.ends_with(":s3") => return Some(Self::S3),
                (_, Some("aws:sns")) => return Some(Self::Sns),
                _ => {}
            }
        }
        if first_of(object, "events").and_then(|first| maybe_text(first, "eventSource")) == Some("acs:oss") {
            return Some(Self::Oss);
        }
        let context = maybe_object(object, "requestContext");
        let shape = if has("detail-type") {
            Self::EventBridge
        } else if has("triggerName") && has("triggerTime") {
            Self::Timer
        } else if has("TopicName") && has("Message") {
            Self::Mns
        } else if has("body") && has("attrs") {
            Self::MnsStream
        } else if text("version") == Some("v1") && has("rawPath") {
            Self::HttpFunctionCompute
        } else if text("version") == Some("2.0") && context.is_some_and(|context| context.contains("http")) {
            Self::HttpPayload2
        } else if has("httpMethod") && context.is_some() {
            Self::HttpPayload1
        } else if has("Data") && has("Metadata") {
            Self::AzureFunction
        } else if is_event_grid(object) {
            Self::EventGrid
        } else if has("specversion") {
            Self::CloudEvent
        } else if is_debezium(object) {
            Self::Debezium
        } else if text("Event") == Some("s3:TestEvent") {
            Self::S3Test
        } else if text("Type") == Some("Notification") && has("TopicArn") {
            Self::SnsNotification
        } else if has("code") && has("data") {
            Self::Envelope
        } else {
            return None;
        };
        Some(shape)
    }

    const fn comes_in_lists(self) -> bool {
        matches!(self, Self::EventGrid | Self::CloudEvent)
    }

    /// Whether what stands in a message may be such an event, rather than content.
    pub(super) const fn comes_in_messages(self) -> bool {
        match self {
            Self::Tablestore
            | Self::S3
            | Self::Sqs
            | Self::Sns
            | Self::SnsNotification
            | Self::Oss
            | Self::EventBridge
            | Self::Timer
            | Self::Mns
            | Self::EventGrid
            | Self::CloudEvent
            | Self::Debezium
            | Self::S3Test => true,
            // HTTP requests and invocations come from the platform itself; a message with them is somebody's content
            Self::MnsStream | Self::HttpPayload2 | Self::HttpPayload1 | Self::HttpFunctionCompute | Self::AzureFunction | Self::Envelope => false,
        }
    }

    /// The shape that a source is forced to (`event.source`), where the document does not tell a fitting one.
    pub(super) const fn of_source(source: EventSource, found: Option<Self>) -> Option<Self> {
        match (source, found) {
            (EventSource::S3, Some(Self::EventBridge | Self::S3Test | Self::Sqs | Self::Sns))
            | (EventSource::Mns, Some(Self::Mns | Self::CloudEvent))
            | (EventSource::Oss, Some(Self::CloudEvent))
            | (EventSource::Sns, Some(Self::SnsNotification))
            | (EventSource::CloudEvents, Some(Self::EventGrid))
            | (EventSource::Timer, Some(Self::AzureFunction | Self::EventBridge))
            | (EventSource::EventGrid | EventSource::AzureBlob | EventSource::AzureQueue, Some(Self::AzureFunction))
            | (EventSource::Http, Some(Self::HttpPayload1 | Self::HttpPayload2 | Self::HttpFunctionCompute | Self::AzureFunction)) => found,
            (EventSource::S3, _) => Some(Self::S3),
            (EventSource::Oss, _) => Some(Self::Oss),
            (EventSource::AzureBlob | EventSource::AzureQueue, _) => Some(Self::AzureFunction),
            (EventSource::EventGrid, _) => Some(Self::EventGrid),
            (EventSource::Sqs, _) => Some(Self::Sqs),
            (EventSource::Sns, _) => Some(Self::Sns),
            (EventSource::Mns, _) => Some(Self::MnsStream),
            (EventSource::EventBridge, _) => Some(Self::EventBridge),
            (EventSource::Timer, _) => Some(Self::Timer),
            (EventSource::Tablestore, _) => Some(Self::Tablestore),
            (EventSource::CloudEvents, _) => Some(Self::CloudEvent),
            (EventSource::Debezium, _) => Some(Self::Debezium),
            (EventSource::Direct, _) => Some(Self::Envelope),
            (EventSource::Http | EventSource::Kafka | EventSource::RabbitMq | EventSource::File, found) => found,
        }
    }
}

/// The first element of a list of objects.
fn first_of<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key).and_then(Value::as_array)?.first()?.as_object()
}

fn is_event_grid(object: &Object) -> bool {
    let of_event_grid = |kind: &str| kind.starts_with(EVENT_GRID) && (kind.contains(".Storage.") || kind.contains(".EventGrid."));
    let own = maybe_text(object, "eventType").is_some_and(of_event_grid);
    own || (object.contains("specversion") && maybe_text(object, "type").is_some_and(of_event_grid))
}

fn is_debezium(object: &Object) -> bool {
    let is_change = |object: &Object| object.contains("op") && maybe_object(object, "source").is_some();
    is_change(object) || maybe_object(object, "payload").is_some_and(is_change) || (object.contains("schema") && object.contains("payload"))
}
