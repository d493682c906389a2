//! The door for events.

use std::sync::Arc;

use axum::Router;
use nightowl_auth::{Credentials, Token};
use nightowl_config::{BadDelivery, PipelineErrorAnswer, Settings};
use nightowl_core::error::Coded as _;
use nightowl_core::value::{JsonStyle, Value, json_text};
use secrecy::ExposeSecret as _;

use super::copies::Copies;
use super::run::Run;
use super::{EventReport, TimeBudget};
use crate::door::Fire;
use crate::event::{Body, Content, ContentForm, DecodeOptions, Decoded, Decoder, EventError, EventSource, Facts, ObjectRef, Origin, Record, Routes};
use crate::http::{HttpOptions, router};
use crate::input::Bounds;
use crate::node::NodeError;
use crate::object_storage::{Access, AccessKeys, ObjectStorage};
use crate::secret::Secrets;

/// Takes events: decodes them, carries out every delivery, and says what became of each.
#[derive(Debug, Clone)]
pub struct EventDoor {
    pub(super) fire: Fire,
    pub(super) routes: Arc<Routes>,
    /// Where the tokens of routes are read.
    pub(super) secrets: Arc<Secrets>,
    pub(super) options: DecodeOptions,
    /// The token of deliveries that bring none, and whose route has none.
    pub(super) credentials: Option<Credentials>,
    /// Whether deliveries that were seen before are recognised (`event.dedup`).
    pub(super) dedup: bool,
    /// Whether what can never work is kept as a dead letter and acknowledged (`event.bad_delivery`).
    pub(super) bad_delivery: BadDelivery,
    /// How a delivery is answered whose pipeline failed (`event.pipeline_error`).
    pub(super) pipeline_error: PipelineErrorAnswer,
    /// Whether dead letters are kept at all; verbs that run files print reasons instead (surface.md §21).
    pub(super) keeps_dead_letters: bool,
    pub(super) copies: Copies,
    pub(super) objects: ObjectStorage,
    pub(super) bounds: Bounds,
    /// Carries out requests that come in events; a request that is answered by this door has none for those in it.
    pub(super) router: Option<Router>,
    /// Who has posted the events, where they came by HTTP: known before any of them is looked at.
    pub(super) caller: Option<Credentials>,
    pub(super) base_path: Option<String>,
}

impl EventDoor {
    /// The door of the settings.
    ///
    /// # Errors
    /// Routes or a destination of dead letters that can not be used.
    pub fn of(fire: Fire, settings: &Settings) -> Result<Self, NodeError> {
        let routes = Routes::of(settings).map_err(|error| NodeError::Setting { key: "event.route", reason: error.to_string() })?;
        let options = DecodeOptions {
            source: settings.event.source.as_deref().and_then(EventSource::parse),
            azure_binding: settings.function.azure_binding_name.clone(),
            function: None,
            text_is_mns: false,
        };
        let pat = settings.auth.pat.as_ref().map(|pat| Credentials::pat(Token::new(pat.expose_secret())));
        let objects = fire.node().objects.clone();
        let door = Self {
            fire,
            routes: Arc::new(routes),
            secrets: Arc::default(),
            options,
            credentials: pat,
            dedup: settings.event.dedup,
            bad_delivery: settings.event.bad_delivery,
            pipeline_error: settings.event.pipeline_error,
            keeps_dead_letters: true,
            copies: Copies::parse(&settings.event.dead_letter, &objects)?,
            objects,
            bounds: Bounds { element_bytes: settings.event.max_object_bytes, json_depth: settings.limits.json_depth },
            router: None,
            caller: None,
            base_path: settings.http.base_path.clone(),
        };
        let router = router(door.fire.clone(), &HttpOptions::of(settings), Some(door.clone()));
        Ok(Self { router: Some(router), ..door })
    }

    /// The door for events of a function; `text_is_mns` where a bare text is the text of an MNS message.
    #[must_use]
    pub fn of_function(&self, function: Option<String>, text_is_mns: bool) -> Self {
        let options = DecodeOptions { function, text_is_mns, ..self.options.clone() };
        Self { options, ..self.clone() }
    }

    /// The door for ticks of our own schedules: recognised by name and time, since every server fires them.
    #[cfg(feature = "server")]
    #[must_use]
    pub(crate) fn of_timers(&self) -> Self {
        let options = DecodeOptions { source: None, ..self.options.clone() };
        Self { dedup: true, options, ..self.clone() }
    }

    /// The door for events that somebody has posted: deliveries without a token of their own are theirs, and no token of the
    /// settings is lent to them. `source` takes all of them as of that kind.
    #[must_use]
    pub(crate) fn of_caller(&self, caller: Credentials, source: Option<EventSource>) -> Self {
        let options = DecodeOptions { source: source.or(self.options.source), ..self.options.clone() };
        Self { caller: Some(caller), options, ..self.clone() }
    }

    /// The router that carries out requests which come in events, and takes events itself.
    pub fn router(&self) -> Router {
        self.router.clone().unwrap_or_default()
    }

    /// With a token for deliveries that bring none.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Option<Credentials>) -> Self {
        self.credentials = credentials.or(self.credentials);
        self
    }

    /// With the keys of this invocation, for the objects of Alibaba's stores (surface.md §16.3): a runtime clones the door for
    /// each invocation and hands it those of its headers.
    #[must_use]
    pub fn with_temporary_credentials(mut self, keys: Option<AccessKeys>) -> Self {
        self.objects = self.objects.with_access(keys.map_or(Access::Process, Access::Invocation));
        self
    }

    /// Without recognising what was done before.
    #[must_use]
    pub const fn again(mut self, again: bool) -> Self {
        self.dedup = self.dedup && !again;
        self
    }

    /// Without dead letters: reasons are only told.
    #[must_use]
    pub const fn without_dead_letters(mut self) -> Self {
        self.keeps_dead_letters = false;
        self.bad_delivery = BadDelivery::DeadLetter;
        self.pipeline_error = PipelineErrorAnswer::Ack;
        self
    }

    /// The routes.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    pub(super) fn decoder(&self) -> Decoder<'_> {
        Decoder::new(&self.routes, &self.options)
    }

    /// Takes the bytes of an event. Whatever they are, they end in a report: what can not be read is one bad delivery.
    pub async fn handle(&self, bytes: &[u8], budget: &TimeBudget) -> EventReport {
        self.handle_at(bytes, None, budget).await
    }

    /// Takes the bytes of an event. `place` stands for the key of deliveries that have none.
    pub async fn handle_at(&self, bytes: &[u8], place: Option<&str>, budget: &TimeBudget) -> EventReport {
        match self.decoder().decode(bytes) {
            Ok(decoded) => Box::pin(self.carry_out(decoded, budget, place)).await,
            Err(error) => Box::pin(self.unreadable(error, bytes, budget)).await,
        }
    }

    /// Takes an event's document. `place` is the position of a document that was read from a file: it stands for the key of
    /// deliveries that have none.
    pub async fn handle_document(&self, document: &Value, place: Option<&str>, budget: &TimeBudget) -> EventReport {
        match self.decoder().decode_document(document) {
            Ok(decoded) => Box::pin(self.carry_out(decoded, budget, place)).await,
            Err(error) => Box::pin(self.unreadable(error, json_text(document, JsonStyle::Document).as_bytes(), budget)).await,
        }
    }

    /// Takes what was kept of a delivery that failed. The origin says where it came from.
    pub async fn handle_kept(&self, origin: Origin, form: ContentForm, document: &Value, budget: &TimeBudget) -> EventReport {
        let decoder = self.decoder();
        let records = match (form, document) {
            (ContentForm::Envelope, Value::Object(envelope)) => decoder.envelope(origin, envelope),
            (ContentForm::Event, _) => return self.handle_document(document, None, budget).await,
            (ContentForm::Object, _) if ObjectRef::of_document(document).is_some() => {
                ObjectRef::of_document(document).into_iter().map(|object| Record { origin: origin.clone(), body: Body::Object(object) }).collect()
            }
            (ContentForm::Delivery | ContentForm::Envelope | ContentForm::Object, _) => decoder.deliveries(&origin, document),
        };
        let mut run = Run::new(self, budget);
        for record in records {
            Box::pin(run.take(record)).await;
        }
        run.finish().await
    }

    async fn carry_out(&self, decoded: Decoded, budget: &TimeBudget, place: Option<&str>) -> EventReport {
        let mut run = Run::new(self, budget);
        run.report.shape = Some(decoded.shape);
        run.report.items = decoded.items;
        for (mut record, number) in decoded.records.into_iter().zip(1_u64..) {
            if record.origin.key.is_none() {
                record.origin.key = place.map(|place| format!("{place}#{number}"));
            }
            Box::pin(run.take(record)).await;
        }
        run.finish().await
    }

    /// Takes an event that can not be read: one delivery that can never work.
    pub(crate) async fn unreadable(&self, error: EventError, bytes: &[u8], budget: &TimeBudget) -> EventReport {
        let origin = Origin { source: EventSource::Direct, key: None, item: None, attributes: Default::default(), facts: Facts::default(), layer: 0 };
        tracing::debug!(code = error.code(), "an event can not be read");
        let content = match std::str::from_utf8(bytes) {
            Ok(text) => Content::without_tokens(ContentForm::Event, text),
            Err(_) => Content::bytes_without_tokens(ContentForm::Event, bytes),
        };
        let mut run = Run::new(self, budget);
        run.take(Record { origin, body: Body::Bad { error, content } }).await;
        run.finish().await
    }
}
