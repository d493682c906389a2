//! The deliveries of one event on their way: in order where their source has one, otherwise many at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use nightowl_auth::Token;
use nightowl_config::{BadDelivery, PipelineErrorAnswer};
use nightowl_core::error::{Coded as _, ErrorClass};
use nightowl_core::value::{JsonStyle, Object, Value, json_text};

use super::dead_letter::{self, Addressee};
use super::{EventDoor, EventReport, RecordResult, RecordStatus, TimeBudget};
use crate::door::{Delivery, DoorError, Envelope, Position, Submitted, TriggerAnswer};
use crate::event::{Body, Content, ContentForm, EventSource, Item, Origin, Record, Trigger};
use crate::http::dispatch;

/// How many triggers are under way at once.
const WINDOW: usize = 1024;
/// What a delivery is told that was not begun because one before it was not done.
const BEHIND: &str = "event-behind-a-failure";

/// The deliveries of one event.
pub(super) struct Run<'a> {
    pub(super) door: &'a EventDoor,
    pub(super) budget: &'a TimeBudget,
    under_way: VecDeque<UnderWay>,
    /// Groups of which one item was not done: nothing behind it may be begun.
    stopped_groups: HashSet<Arc<str>>,
    /// Whether something that belongs to no item was not done: the whole event comes again.
    stopped: bool,
    tokens: HashMap<usize, Result<Token, String>>,
    /// The place of the delivery that was taken last.
    pub(super) number: u64,
    /// Whether the deliveries stand in an object.
    pub(super) in_object: bool,
    pub(super) report: EventReport,
}

/// A trigger in its lane, with what is kept of it where it fails.
struct UnderWay {
    submitted: Submitted,
    kept: Kept,
}

/// What is kept of a trigger until its outcome is known.
pub(super) struct Kept {
    pub(super) number: u64,
    pub(super) origin: Origin,
    pub(super) trace_id: Option<String>,
    pub(super) tenant_id: Option<String>,
    pub(super) content: Content,
}

impl<'a> Run<'a> {
    pub(super) fn new(door: &'a EventDoor, budget: &'a TimeBudget) -> Self {
        Self {
            door,
            budget,
            under_way: VecDeque::new(),
            stopped_groups: HashSet::new(),
            stopped: false,
            tokens: HashMap::new(),
            number: 0,
            in_object: false,
            report: EventReport::default(),
        }
    }

    /// Takes one delivery. Those that have to follow one another are waited for.
    pub(super) async fn take(&mut self, record: Record) {
        let Record { origin, body } = record;
        self.number += 1;
        let number = self.number;
        match body {
            Body::Trigger(trigger) => self.trigger(number, origin, *trigger).await,
            Body::Content(bytes) => self.content(number, &origin, &bytes).await,
            Body::Object(object) => Box::pin(self.object(number, origin, &object)).await,
            Body::Http(request) => {
                let Some(router) = &self.door.router else {
                    return self.report.add(told(number, &origin, RecordStatus::Ignored, None), false);
                };
                self.drain().await;
                let answer = dispatch(router, &request, self.door.base_path.as_deref()).await;
                let status = match answer.status {
                    200..=399 => RecordStatus::Done,
                    400..=499 => RecordStatus::Bad,
                    _ => RecordStatus::NotDone,
                };
                self.report.http_answer = Some(answer.document);
                // the caller has its answer: nothing is kept, and nothing is sent again
                self.report.add(told(number, &origin, status, None), false);
            }
            Body::Heartbeat => self.heartbeat(number, &origin).await,
            Body::Handshake(code) => {
                self.report.handshake = Some(code);
                self.report.add(told(number, &origin, RecordStatus::Ignored, None), false);
            }
            Body::Ignored(reason) => {
                tracing::debug!(source = origin.source.as_str(), reason, "a delivery is ignored");
                self.report.add(told(number, &origin, RecordStatus::Ignored, None), false);
            }
            Body::Bad { error, content } => {
                let kept = Kept { number, origin, trace_id: None, tenant_id: None, content };
                self.bad(kept, (error.code(), error.to_string())).await;
            }
        }
    }

    /// Waits for everything that is under way.
    pub(super) async fn finish(mut self) -> EventReport {
        self.drain().await;
        self.report.in_order()
    }

    pub(super) async fn drain(&mut self) {
        while let Some(first) = self.under_way.pop_front() {
            self.settle(first).await;
        }
    }

    async fn trigger(&mut self, number: u64, origin: Origin, trigger: Trigger) {
        let ordered = is_ordered(&origin, &trigger);
        if ordered || self.under_way.len() >= WINDOW {
            // what stands before it is known to be done
            match self.under_way.pop_front() {
                Some(first) if !ordered => self.settle(first).await,
                Some(first) => {
                    self.settle(first).await;
                    self.drain().await;
                }
                None => {}
            }
        }
        if let Some(reason) = self.held_back(&origin) {
            return self.not_done(number, &origin, trigger.envelope.trace_id, reason);
        }
        let Trigger { mut envelope, route, keyed, event } = trigger;
        let content = event.map_or_else(|| of_envelope(&envelope), |event| Content::without_tokens(ContentForm::Event, &event));
        let kept = Kept { number, trace_id: envelope.trace_id.clone(), tenant_id: envelope.tenant_id.clone(), content, origin };
        // an object belongs to its route, whoever has announced it
        let caller = self.door.caller.as_ref().filter(|_| !self.in_object);
        if envelope.pat.is_none() && caller.is_none() {
            let token = match route {
                Some(route) => self.token(route).await,
                None => None,
            };
            match token {
                Some(Ok(token)) => envelope.pat = Some(token),
                Some(Err(reason)) => {
                    return self.not_done(kept.number, &kept.origin, kept.trace_id, ("config-value-wrong", format!("failed to use a route: {reason}")));
                }
                None => {}
            }
        }
        let position = kept.origin.key.clone().filter(|_| self.door.dedup).map(Position::Delivery);
        let delivery = Delivery { position, keyed, deadline: self.budget.deadline(), ..Delivery::new(envelope, kept.origin.source.as_str()) };
        match self.door.fire.submit(delivery, caller.or(self.door.credentials.as_ref())).await {
            Ok(submitted) => {
                self.under_way.push_back(UnderWay { submitted, kept });
                if ordered {
                    self.drain().await;
                }
            }
            Err(error) => self.failed(kept, &error).await,
        }
    }

    /// Why nothing new is begun for an origin.
    pub(super) fn held_back(&self, origin: &Origin) -> Option<(&'static str, String)> {
        let group = origin.item.as_ref().and_then(|item| item.group.as_ref());
        if self.budget.is_over() {
            return Some(TimeBudget::over());
        }
        let behind = group.is_some_and(|group| self.stopped_groups.contains(group)) || (self.stopped && origin.item.is_none());
        behind.then(|| (BEHIND, "one before it was not done; it is tried again after that one".to_owned()))
    }

    async fn token(&mut self, route: usize) -> Option<Result<Token, String>> {
        if !self.tokens.contains_key(&route) {
            self.tokens.insert(route, self.door.routes.token(route, &self.door.secrets).await?);
        }
        self.tokens.get(&route).cloned()
    }

    async fn settle(&mut self, under_way: UnderWay) {
        let UnderWay { submitted, kept } = under_way;
        match submitted.outcome().await {
            Ok(answer) => self.answered(kept.number, &kept.origin, answer),
            Err(error) => self.failed(kept, &error).await,
        }
    }

    fn answered(&mut self, number: u64, origin: &Origin, answer: TriggerAnswer) {
        let status = if answer.replayed {
            RecordStatus::Skipped
        } else if answer.failed() {
            RecordStatus::Error
        } else if answer.data_id.is_none() {
            // the change of a row elsewhere had nothing to change here
            RecordStatus::Ignored
        } else {
            RecordStatus::Done
        };
        let again = status == RecordStatus::Error && self.door.pipeline_error == PipelineErrorAnswer::Fail;
        if again {
            self.stop(origin.item.as_ref());
        }
        let error = again.then(|| ("pipeline-error", format!("pipelines {} failed", answer.failed_pipeline_ids.join(", "))));
        self.report.add(RecordResult { trace_id: Some(answer.trace_id), data_id: answer.data_id, ..told(number, origin, status, error) }, again);
    }

    pub(super) async fn failed(&mut self, kept: Kept, error: &DoorError) {
        let told = (error.code(), error.to_string());
        match error.class() {
            ErrorClass::Reject => self.bad(kept, told).await,
            ErrorClass::Retry | ErrorClass::Fatal | ErrorClass::Bug => self.not_done(kept.number, &kept.origin, kept.trace_id, told),
        }
    }

    /// What can never work: a dead letter that is acknowledged, or what the setting says.
    pub(super) async fn bad(&mut self, kept: Kept, error: (&'static str, String)) {
        let fails = self.door.bad_delivery == BadDelivery::Fail;
        if self.door.keeps_dead_letters && !fails {
            let addressee = Addressee { trace_id: kept.trace_id.as_deref(), tenant_id: kept.tenant_id.as_deref() };
            let node = self.door.fire.node();
            if let Err(failure) = dead_letter::keep(node, &self.door.copies, &kept.origin, (error.0, &error.1), &kept.content, &addressee).await {
                return self.not_done(kept.number, &kept.origin, kept.trace_id, (failure.code(), failure.to_string()));
            }
        }
        if fails {
            self.stop(kept.origin.item.as_ref());
        }
        let result = told(kept.number, &kept.origin, RecordStatus::Bad, Some(error));
        self.report.add(RecordResult { trace_id: kept.trace_id, ..result }, fails);
    }

    pub(super) fn not_done(&mut self, number: u64, origin: &Origin, trace_id: Option<String>, error: (&'static str, String)) {
        self.stop(origin.item.as_ref());
        self.report.add(RecordResult { trace_id, ..told(number, origin, RecordStatus::NotDone, Some(error)) }, true);
    }

    fn stop(&mut self, item: Option<&Item>) {
        match item {
            Some(Item { group: Some(group), .. }) => {
                self.stopped_groups.insert(Arc::clone(group));
            }
            Some(_) => {}
            None => self.stopped = true,
        }
    }

    async fn heartbeat(&mut self, number: u64, origin: &Origin) {
        let node = self.door.fire.node();
        let refreshed = match node.refresh().await {
            Ok(_) => node.open_sources().await,
            Err(error) => Err(error),
        };
        node.hand_over.wake();
        match refreshed {
            Ok(()) => self.report.add(told(number, origin, RecordStatus::Ignored, None), false),
            Err(error) => self.not_done(number, origin, None, (error.code(), error.to_string())),
        }
    }
}

/// Whether a delivery has to wait for those before it: of a queue that keeps an order, or a change of a table.
fn is_ordered(origin: &Origin, trigger: &Trigger) -> bool {
    let grouped = origin.item.as_ref().is_some_and(|item| item.group.is_some());
    grouped || trigger.keyed.is_some() || matches!(origin.source, EventSource::Tablestore | EventSource::Debezium)
}

pub(super) fn told(number: u64, origin: &Origin, status: RecordStatus, error: Option<(&'static str, String)>) -> RecordResult {
    RecordResult { number, delivery_key: origin.key.clone(), item: origin.item.clone(), status, trace_id: None, data_id: None, error }
}

/// An envelope as a dead letter keeps it: complete, and without its token.
fn of_envelope(envelope: &Envelope) -> Content {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let members: [(&str, Value); 5] = [
        ("code", Value::from(envelope.code.as_str())),
        ("triggerType", Value::from(envelope.trigger_type.as_str())),
        ("tenantId", text(&envelope.tenant_id)),
        ("traceId", text(&envelope.trace_id)),
        ("data", envelope.data.clone().map_or(Value::Null, Value::Object)),
    ];
    let document: Object = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
    Content { form: ContentForm::Envelope, bytes: json_text(&Value::Object(document), JsonStyle::Document).into_bytes() }
}
