//! Bytes to deliveries (surface.md §15.1). Nothing is fetched and nothing is asked of the world.

use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{JsonStyle, Object, Value, json_text, read_json_bytes};

use super::limits::{EVENT_BYTES, LAYERS, RECORDS};
use super::record::{Body, ContentForm, Item, Origin, Outer, Record};
use super::route::Routes;
use super::{EventError, EventSource, Shape};
use super::{azure, cbor, cloud_events, debezium, event_bridge, event_grid, http, mns, oss, s3, sns, sqs, tablestore, text, timer};

/// What the surroundings know of an event before it is looked at.
#[derive(Debug, Clone, Default)]
pub struct DecodeOptions {
    /// Takes every event as one of this source (`event.source`).
    pub source: Option<EventSource>,
    /// The Azure binding that carries the event (`function.azure_binding_name`).
    pub azure_binding: Option<String>,
    /// The function that was invoked.
    pub function: Option<String>,
    /// Whether bytes that are no document are the text of an MNS message: on Alibaba Function Compute.
    pub text_is_mns: bool,
}

/// An event, decoded.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Its shape.
    pub shape: Shape,
    /// Its deliveries, in order.
    pub records: Vec<Record>,
    /// The items of a batch that reports failures by item, in order; empty where the event is none.
    pub items: Vec<Item>,
}

/// Decodes events with the routes of an installation.
#[derive(Debug, Clone, Copy)]
pub struct Decoder<'a> {
    pub(super) routes: &'a Routes,
    pub(super) options: &'a DecodeOptions,
}

impl<'a> Decoder<'a> {
    /// A decoder.
    pub const fn new(routes: &'a Routes, options: &'a DecodeOptions) -> Self {
        Self { routes, options }
    }

    /// Decodes the bytes of an event: CBOR, JSON, or a plain text where the surroundings say what it is.
    ///
    /// # Errors
    /// Where the whole event can not be read. A single record that can not is a delivery with its error.
    pub fn decode(&self, bytes: &[u8]) -> Result<Decoded, EventError> {
        if bytes.len() > EVENT_BYTES {
            return Err(EventError::Limit { what: "the number of bytes", limit: EVENT_BYTES as u64 });
        }
        if cbor::is_map(bytes) {
            return self.decode_document(&cbor::read(bytes)?);
        }
        let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match read_json_bytes(content, JSON_DEPTH) {
            Ok(document) => self.decode_document(&document),
            Err(error) => {
                let plain = std::str::from_utf8(content).ok().filter(|_| self.is_mns_text());
                let Some(plain) = plain else { return Err(EventError::NotJson { place: "the event".to_owned(), reason: error.to_string() }) };
                let mut records = Vec::new();
                mns::message(self, Origin::inside(&self.outer(), EventSource::Mns), plain, &mut records);
                Ok(Decoded { shape: Shape::MnsStream, records, items: Vec::new() })
            }
        }
    }

    fn is_mns_text(&self) -> bool {
        self.options.text_is_mns || self.options.source == Some(EventSource::Mns)
    }

    fn outer(&self) -> Outer {
        Outer { function: self.options.function.clone(), ..Outer::default() }
    }

    /// Decodes a document.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn decode_document(&self, document: &Value) -> Result<Decoded, EventError> {
        let found = Shape::of(document);
        let shape = self.options.source.map_or(found, |source| Shape::of_source(source, found));
        let Some(shape) = shape else { return Err(EventError::NotRecognised { place: "its top".to_owned() }) };
        let mut records = Vec::new();
        self.shape(shape, document, &self.outer(), &mut records)?;
        let items = if shape == Shape::Sqs { sqs::items(document) } else { Vec::new() };
        s3::in_order(&mut records);
        Ok(Decoded { shape, records, items })
    }

    /// Decodes a document of a known shape that stands in other events.
    fn shape(&self, shape: Shape, document: &Value, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
        if let Value::Array(items) = document {
            for item in super::fields::bounded(items)? {
                let object = item.as_object().ok_or_else(|| EventError::NotRecognised { place: "an element".to_owned() });
                let inner = object.and_then(|object| self.object(shape, object, outer, out));
                if let Err(error) = inner {
                    out.push(self.bad(Origin::inside(outer, EventSource::Direct), error, ContentForm::Event, item));
                }
            }
            return Ok(());
        }
        let object = document.as_object().ok_or_else(|| EventError::shape("the event", format!("it is {}, where an object is expected", document.kind())))?;
        self.object(shape, object, outer, out)?;
        if out.len() > RECORDS { Err(EventError::Limit { what: "the number of deliveries", limit: RECORDS as u64 }) } else { Ok(()) }
    }

    fn object(&self, shape: Shape, object: &Object, outer: &Outer, out: &mut Vec<Record>) -> Result<(), EventError> {
        match shape {
            Shape::Tablestore => tablestore::decode(self, object, outer, out),
            Shape::S3 => s3::decode(object, outer, out),
            Shape::S3Test => {
                out.push(Record { origin: Origin::inside(outer, EventSource::S3), body: Body::Ignored("the test document of S3") });
                Ok(())
            }
            Shape::Sqs => sqs::decode(self, object, outer, out),
            Shape::Sns => sns::decode(self, object, outer, out),
            Shape::SnsNotification => sns::notification(self, object, outer, out),
            Shape::Oss => oss::decode(object, outer, out),
            Shape::EventBridge => event_bridge::decode(self, object, outer, out),
            Shape::Timer => timer::decode(self, object, outer, out),
            Shape::Mns => mns::decode(self, object, outer, out),
            Shape::MnsStream => mns::decode_stream(self, object, outer, out),
            Shape::HttpPayload1 | Shape::HttpPayload2 | Shape::HttpFunctionCompute => http::decode(shape, object, outer, out),
            Shape::AzureFunction => azure::decode(self, object, outer, out),
            Shape::EventGrid => event_grid::decode(object, outer, out),
            Shape::CloudEvent => cloud_events::decode(self, object, outer, out),
            Shape::Debezium => {
                debezium::decode(self, &Origin::inside(outer, EventSource::Debezium), None, object, out);
                Ok(())
            }
            Shape::Envelope => {
                self.content(&Origin::inside(outer, EventSource::Direct), &Value::Object(object.clone()), out);
                Ok(())
            }
        }
    }

    /// The deliveries of one content that came from somewhere: an element of a file or object, a dead letter.
    pub fn deliveries(&self, origin: &Origin, document: &Value) -> Vec<Record> {
        let mut records = Vec::new();
        self.content(origin, document, &mut records);
        records
    }

    /// The deliveries of a message's text.
    pub(super) fn message(&self, origin: Origin, message: &str, out: &mut Vec<Record>) {
        match text::document(message, JSON_DEPTH) {
            Ok(document) => self.content(&origin, &document, out),
            Err(error) => out.push(Record { body: Body::bad(error, ContentForm::Delivery, message), origin }),
        }
    }

    /// The deliveries of a content: an event that was wrapped, a change, an envelope or bare data, or a list of those.
    /// The route's `decode` goes before what the content looks like.
    pub(super) fn content(&self, origin: &Origin, document: &Value, out: &mut Vec<Record>) {
        let decode = self.routes.find(origin).and_then(|(_, route)| route.decode);
        let shape = match decode {
            None => Shape::of(document).filter(|shape| shape.comes_in_messages()),
            Some(decode) => decode.shape(),
        };
        if let Some(shape) = shape {
            return self.wrapped(shape, origin, document, out);
        }
        match document {
            Value::Array(items) if items.len() > RECORDS => {
                let error = EventError::Limit { what: "the number of elements", limit: RECORDS as u64 };
                out.push(self.bad(origin.clone(), error, ContentForm::Delivery, &Value::Null));
            }
            Value::Array(items) => {
                for (item, number) in items.iter().zip(1..) {
                    self.row(origin.of_row(Some(number)), item, out);
                }
            }
            _ => self.row(origin.clone(), document, out),
        }
    }

    /// An event that stands in a message.
    fn wrapped(&self, shape: Shape, origin: &Origin, document: &Value, out: &mut Vec<Record>) {
        let outer = Outer::of_message(origin);
        let before = out.len();
        let done = if outer.layer >= LAYERS {
            Err(EventError::Limit { what: "the number of events around one another", limit: u64::from(LAYERS) })
        } else if shape == Shape::Debezium {
            // a message of Debezium belongs to its carrier: the key and the route are the carrier's
            match document.as_object() {
                Some(object) => debezium::decode(self, origin, None, object, out),
                None => out.push(Record { origin: origin.clone(), body: Body::Ignored("no change of Debezium") }),
            }
            Ok(())
        } else if shape == Shape::SnsNotification {
            document.as_object().map_or(Ok(()), |object| sns::unwrap(self, object, origin, out))
        } else {
            self.shape(shape, document, &outer, out)
        };
        if let Err(error) = done {
            out.truncate(before);
            out.push(self.bad(origin.clone(), error, ContentForm::Delivery, document));
        }
    }

    /// A delivery that can never work.
    pub(super) fn bad(&self, origin: Origin, error: EventError, form: ContentForm, document: &Value) -> Record {
        Record { origin, body: Body::bad(error, form, &json_text(document, JsonStyle::Document)) }
    }
}
