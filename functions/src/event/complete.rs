//! From a content to a trigger: what the document does not say is taken from attributes and the route
//! (surface.md §15.1, "Completing the envelope").

use nightowl_core::engine::KeyedRow;
use nightowl_core::error::Coded as _;
use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::capture::with_data;
use super::record::{Body, ContentForm, Origin, Record, Trigger};
use super::route::{Mode, Route};
use super::{Decoder, EventError};
use crate::door::Envelope;

impl Decoder<'_> {
    /// The delivery of one document: an envelope, or bare data by the route.
    pub(super) fn row(&self, origin: Origin, document: &Value, out: &mut Vec<Record>) {
        let route = self.routes.find(&origin);
        let Some(object) = document.as_object() else {
            let error = EventError::shape("the content", format!("it is {}, where an object is expected", document.kind()));
            return out.push(Record { body: Body::bad(error, ContentForm::Delivery, &json_text(document, JsonStyle::Document)), origin });
        };
        if route.is_some_and(|(_, route)| route.mode == Mode::Payload) {
            return self.complete(origin, route, &with_data(object.clone()), None, None, out);
        }
        self.complete(origin, route, object, None, None, out);
    }

    /// The delivery of an envelope that was completed before: whatever its route says of contents, it is one.
    pub fn envelope(&self, origin: Origin, document: &Object) -> Vec<Record> {
        let mut records = Vec::new();
        let route = self.routes.find(&origin);
        self.complete(origin, route, document, None, None, &mut records);
        records
    }

    /// The delivery of bare data, whatever its route says of contents: a record of values.
    pub fn bare(&self, origin: Origin, data: Object) -> Vec<Record> {
        let mut records = Vec::new();
        self.data(origin, data, &mut records);
        records
    }

    /// The delivery of data for which only a route, or an attribute, can name the topic.
    pub(super) fn data(&self, origin: Origin, data: Object, out: &mut Vec<Record>) {
        let route = self.routes.find(&origin);
        self.complete(origin, route, &with_data(data), None, None, out);
    }

    /// Completes an envelope. `event` is what is kept of the delivery where it fails and is no plain envelope.
    pub(super) fn complete(
        &self,
        origin: Origin,
        route: Option<(usize, &Route)>,
        document: &Object,
        keyed: Option<KeyedRow>,
        event: Option<String>,
        out: &mut Vec<Record>,
    ) {
        let completed = completed(&origin, route.map(|(_, route)| route), document);
        let body = match completed {
            Ok(envelope) => Body::Trigger(Box::new(Trigger { envelope, route: route.map(|(position, _)| position), keyed, event })),
            Err(error) => match event {
                Some(event) => Body::bad(error, ContentForm::Event, &event),
                None => Body::bad(error, ContentForm::Envelope, &json_text(&Value::Object(document.clone()), JsonStyle::Document)),
            },
        };
        out.push(Record { origin, body });
    }
}

/// The envelope: first what the document says, then the attributes, then the route.
fn completed(origin: &Origin, route: Option<&Route>, document: &Object) -> Result<Envelope, EventError> {
    let mut envelope = document.clone();
    let is_blank = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty()));
    let mut fill = |key: &'static str, of_route: Option<&str>| {
        let said = !is_blank(envelope.get(key)) || (key == "triggerType" && !is_blank(envelope.get("type")));
        if !said && let Some(value) = origin.attributes.get(key).or(of_route) {
            envelope.insert(key, Value::from(value));
        }
    };
    fill("code", route.and_then(|route| route.code.as_deref()));
    fill("triggerType", route.and_then(|route| route.trigger_type.map(nightowl_core::model::TriggerType::as_str)));
    fill("tenantId", route.and_then(|route| route.tenant_id.as_deref()));
    fill("traceId", None);
    fill("pat", None);
    if is_blank(envelope.get("code")) {
        return Err(EventError::CodeMissing { from: origin.told() });
    }
    if is_blank(envelope.get("data")) {
        return Err(EventError::DataMissing);
    }
    Envelope::read(&Value::Object(envelope)).map_err(|error| EventError::Envelope { code: error.code(), reason: error.to_string() })
}
