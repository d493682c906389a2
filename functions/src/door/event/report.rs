//! What became of an event: the result document, and which items of a batch were not done (surface.md §15.2.4, §15.7).

use serde_json::{Map, Value as Json, json};

use crate::event::{Item, Shape};

/// The most results that are listed; the counts tell of all.
const LISTED: usize = 1000;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStatus {
    /// It ran.
    Done,
    /// It ran, and a pipeline ended in ERROR.
    Error,
    /// It was done before.
    Skipped,
    /// It does not concern us.
    Ignored,
    /// It can never work.
    Bad,
    /// It was not done and may work later.
    NotDone,
}

impl RecordStatus {
    /// The text in a result document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Ignored => "ignored",
            Self::Bad => "bad",
            Self::NotDone => "not-done",
        }
    }
}

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordResult {
    /// Its place among the deliveries.
    pub(super) number: u64,
    /// What makes it one and the same.
    pub delivery_key: Option<String>,
    /// The item of a batch that it belongs to.
    pub item: Option<Item>,
    /// What became of it.
    pub status: RecordStatus,
    /// Its trace id, where it has one.
    pub trace_id: Option<String>,
    /// Its row.
    pub data_id: Option<i64>,
    /// The code and message of what went wrong.
    pub error: Option<(&'static str, String)>,
}

/// How often each outcome came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Ran well.
    pub succeeded: u64,
    /// Ended with a failed pipeline, or were not done.
    pub failed: u64,
    /// Can never work.
    pub bad: u64,
    /// Do not concern us.
    pub ignored: u64,
    /// Were done before.
    pub skipped: u64,
}

impl Counts {
    /// How many deliveries there were.
    pub const fn received(&self) -> u64 {
        self.succeeded + self.failed + self.bad + self.ignored + self.skipped
    }
}

/// What became of an event.
#[derive(Debug, Clone, Default)]
pub struct EventReport {
    /// Its shape; none where it could not be read.
    pub shape: Option<Shape>,
    /// How often each outcome came.
    pub counts: Counts,
    /// The deliveries in order; of very many the first ones.
    pub results: Vec<RecordResult>,
    /// The answer to an HTTP request, in its platform's form.
    pub http_answer: Option<Json>,
    /// The code that answers the handshake of an Event Grid webhook.
    pub handshake: Option<String>,
    /// The items of a batch, in order.
    pub(super) items: Vec<Item>,
    /// The items of which something was not done, in the order in which that was seen.
    pub(super) failed_items: Vec<Item>,
    /// Whether something that belongs to no item was not done.
    pub(super) is_failed: bool,
    /// The first thing that was not done.
    pub(super) failure: Option<(&'static str, String)>,
    /// The trace id of the last trigger that ran.
    pub last_trace_id: Option<String>,
}

impl EventReport {
    /// Notes a result. `unacknowledged`: the platform is to send it again.
    pub(super) fn add(&mut self, result: RecordResult, unacknowledged: bool) {
        let counted = match result.status {
            RecordStatus::Done => &mut self.counts.succeeded,
            RecordStatus::Error | RecordStatus::NotDone => &mut self.counts.failed,
            RecordStatus::Bad => &mut self.counts.bad,
            RecordStatus::Ignored => &mut self.counts.ignored,
            RecordStatus::Skipped => &mut self.counts.skipped,
        };
        *counted += 1;
        if unacknowledged {
            if self.failure.is_none() {
                self.failure.clone_from(&result.error);
            }
            match &result.item {
                Some(item) if !self.failed_items.contains(item) => self.failed_items.push(item.clone()),
                Some(_) => {}
                None => self.is_failed = true,
            }
        }
        if matches!(result.status, RecordStatus::Done | RecordStatus::Error) {
            self.last_trace_id.clone_from(&result.trace_id);
        }
        if self.results.len() < LISTED {
            self.results.push(result);
        }
    }

    /// Takes over what became of some of the deliveries.
    pub(super) fn merge(&mut self, part: Self) {
        self.counts.succeeded += part.counts.succeeded;
        self.counts.failed += part.counts.failed;
        self.counts.bad += part.counts.bad;
        self.counts.ignored += part.counts.ignored;
        self.counts.skipped += part.counts.skipped;
        let room = LISTED.saturating_sub(self.results.len());
        self.results.extend(part.results.into_iter().take(room));
        for item in part.failed_items {
            if !self.failed_items.contains(&item) {
                self.failed_items.push(item);
            }
        }
        self.is_failed |= part.is_failed;
        self.failure = self.failure.take().or(part.failure);
        self.last_trace_id = part.last_trace_id.or_else(|| self.last_trace_id.take());
    }

    /// Puts the results into the order of their deliveries: what needed no trigger was known before others were done.
    pub(super) fn in_order(mut self) -> Self {
        self.results.sort_by_key(|result| result.number);
        self
    }

    /// Whether the platform is to send the event, or some of its items, again.
    pub fn is_failed(&self) -> bool {
        self.is_failed || !self.failed_items.is_empty()
    }

    /// Whether sending it again may help: something was not done, beside what can never work.
    pub const fn may_work_later(&self) -> bool {
        self.counts.failed > 0
    }

    /// What went wrong first, of what is to be sent again.
    pub fn failure(&self) -> Option<(&'static str, &str)> {
        self.failure.as_ref().map(|(code, message)| (*code, message.as_str()))
    }

    /// The result document.
    pub fn document(&self) -> Json {
        let results: Vec<Json> = self.results.iter().map(RecordResult::document).collect();
        let Counts { succeeded, failed, bad, ignored, skipped } = self.counts;
        json!({
            "received": self.counts.received(), "succeeded": succeeded, "failed": failed, "bad": bad, "ignored": ignored, "skipped": skipped,
            "results": results,
        })
    }

    /// The answer to SQS: the items that are to be sent again. Of a queue that keeps an order, these are the first one of
    /// a group that was not done and all of the group behind it.
    pub fn batch_item_failures(&self) -> Json {
        let mut stopped: Vec<&Item> = Vec::new();
        for item in &self.items {
            let behind = item.group.is_some() && stopped.iter().any(|earlier| earlier.group == item.group);
            if self.failed_items.contains(item) || behind {
                stopped.push(item);
            }
        }
        let failures: Vec<Json> = stopped.into_iter().map(|item| json!({"itemIdentifier": &*item.id})).collect();
        json!({"batchItemFailures": failures})
    }
}

impl RecordResult {
    fn document(&self) -> Json {
        let mut document = Map::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                document.insert(name.to_owned(), Json::String(value));
            }
        };
        put("deliveryKey", self.delivery_key.clone());
        put("traceId", self.trace_id.clone());
        put("internalDataId", self.data_id.map(|id| id.to_string()));
        put("status", Some(self.status.as_str().to_owned()));
        if let Some((code, message)) = &self.error {
            put("code", Some((*code).to_owned()));
            put("message", Some(message.clone()));
        }
        Json::Object(document)
    }
}
