//! Firing files: in their order, in groups, with a progress bar and a summary (surface.md §21).

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nightowl_auth::{Credentials, Token};
use nightowl_config::Settings;
use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::value::{Object, Value};
use serde_json::json;

use super::{CliError, output};
use crate::door::event::{EventDoor, EventReport, RecordStatus, TimeBudget};
use crate::door::{Delivery, DoorError, Envelope, Fire, Position, Submitted};
use crate::event::Shape;
use crate::input::{self, Bounds, Element, Form, InputError};
use crate::node::{Node, NodeError};

/// How many triggers are under way at once.
const WINDOW: usize = 1024;
/// How many reasons of rejected triggers are printed.
const REASONS: usize = 20;

/// How files are fired.
pub(crate) struct Firing {
    /// The door.
    fire: Fire,
    /// The door of elements that are events of platforms.
    events: EventDoor,
    /// The token of elements that bring none.
    credentials: Option<Credentials>,
    /// The topic of elements that are bare data.
    topic: Option<String>,
    /// The topic of the records of CSV files; without it there are none.
    code: Option<String>,
    /// Whether what was done is done again.
    again: bool,
    /// Bounds of an element.
    bounds: Bounds,
}

/// What became of the triggers.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub done: u64,
    pub failed: u64,
    pub rejected: u64,
    pub skipped: u64,
    /// The trace id of the last trigger that ran.
    pub last_trace_id: Option<String>,
    pub seconds: f64,
    reasons: Vec<String>,
}

impl Counts {
    /// How many elements were read.
    pub(crate) const fn triggers(&self) -> u64 {
        self.done + self.failed + self.rejected + self.skipped
    }

    /// Triggers per second.
    pub(super) fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.triggers() as f64 / self.seconds } else { 0.0 }
    }

    /// Prints the summary: for people to stderr, or one line of JSON to stdout.
    pub(super) fn print(&self, as_json: bool) -> Result<(), CliError> {
        for reason in &self.reasons {
            output::note(reason);
        }
        let untold = self.rejected.saturating_sub(self.reasons.len() as u64);
        if untold > 0 {
            output::note(&format!("… and {untold} more rejected"));
        }
        if as_json {
            let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
            output::line(
                &json!({
                    "triggers": self.triggers(), "done": self.done, "failed": self.failed, "rejected": self.rejected, "skipped": self.skipped,
                    "seconds": rounded(self.seconds), "triggers_per_s": rounded(self.rate()),
                })
                .to_string(),
            )?;
        } else {
            output::note(&format!(
                "{} triggers: {} done, {} failed, {} rejected, {} skipped in {:.2} s ({:.0} triggers/s)",
                self.triggers(),
                self.done,
                self.failed,
                self.rejected,
                self.skipped,
                self.seconds,
                self.rate()
            ));
        }
        Ok(())
    }

    /// Whether some trigger failed or was rejected.
    pub(super) const fn has_failures(&self) -> bool {
        self.failed + self.rejected > 0
    }
}

impl Counts {
    /// Adds what became of an event: each of its deliveries is one trigger.
    fn add(&mut self, report: &EventReport, place: &str) -> Result<(), CliError> {
        for result in &report.results {
            if let (RecordStatus::Bad, Some((code, message))) = (result.status, &result.error)
                && self.reasons.len() < REASONS
            {
                self.reasons.push(format!("rejected {place}: {code}: {message}"));
            }
        }
        if let Some((code, message)) = report.failure() {
            return Err(CliError::NotDone { code, message: format!("{place}: {message}") });
        }
        self.done += report.counts.succeeded;
        self.failed += report.counts.failed;
        self.rejected += report.counts.bad;
        // what does not concern us needs nothing to be done, as what was done before
        self.skipped += report.counts.skipped + report.counts.ignored;
        if report.last_trace_id.is_some() {
            self.last_trace_id.clone_from(&report.last_trace_id);
        }
        Ok(())
    }
}

impl Firing {
    /// Firing at a node, as the settings say.
    pub(crate) fn new(node: &Arc<Node>, settings: &Settings, credentials: Option<Credentials>, topic: Option<String>, again: bool) -> Result<Self, NodeError> {
        let fire = Fire::new(Arc::clone(node));
        let events = EventDoor::of(fire.clone(), settings)?.with_credentials(credentials.clone()).again(again).without_dead_letters();
        let bounds = Bounds { element_bytes: settings.limits.body_bytes, json_depth: settings.limits.json_depth };
        Ok(Self { fire, events, credentials, topic, code: None, again, bounds })
    }

    /// The same; CSV files are read, too, and their records are bare data of a topic.
    pub(super) fn with_csv_of(self, code: Option<String>) -> Self {
        Self { code, ..self }
    }

    /// Fires all elements of files, folders or stdin.
    pub(crate) async fn fire_all(&self, paths: &[PathBuf]) -> Result<Counts, CliError> {
        let began = Instant::now();
        let mut counts = Counts::default();
        let sources = input::find(paths)?;
        let mut files = Vec::with_capacity(sources.len());
        for source in sources {
            let source = if self.code.is_some() { source.or_csv() } else { source };
            match source.open(self.bounds) {
                Ok(file) => files.push(file),
                Err(error @ InputError::Damaged { .. }) => settle(Err(DoorError::Input(error)), source.name(), &mut counts)?,
                Err(error) => return Err(error.into()),
            }
        }
        let bar = progress_bar(files.iter().map(input::Input::elements).sum());
        let mut under_way: VecDeque<(Submitted, String)> = VecDeque::with_capacity(WINDOW);
        for file in files {
            let content_hash: Arc<str> = file.content_hash().into();
            let bare_of = if file.form() == Form::Csv { self.code.as_deref() } else { self.topic.as_deref() };
            for element in file {
                if under_way.len() >= WINDOW
                    && let Some((submitted, place)) = under_way.pop_front()
                {
                    settle(submitted.outcome().await, &place, &mut counts)?;
                    bar.inc(1);
                }
                let place = format!("{}:{}", element.file, element.number);
                if let Some(event) = event(&element).filter(|_| bare_of.is_none()) {
                    let position = format!("{content_hash}:{}", element.number);
                    let report = self.events.handle_document(event, Some(&position), &TimeBudget::unlimited()).await;
                    counts.add(&report, &place)?;
                    bar.inc(1);
                    continue;
                }
                match self.submit(element, &content_hash, bare_of).await {
                    Ok(submitted) => under_way.push_back((submitted, place)),
                    Err(error) => {
                        settle(Err(error), &place, &mut counts)?;
                        bar.inc(1);
                    }
                }
            }
        }
        for (submitted, place) in under_way {
            settle(submitted.outcome().await, &place, &mut counts)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        counts.seconds = began.elapsed().as_secs_f64();
        Ok(counts)
    }

    /// Puts an element into its lane; bare data are those of a topic.
    async fn submit(&self, element: Element, content_hash: &Arc<str>, bare_of: Option<&str>) -> Result<Submitted, DoorError> {
        let document = element.document.map_err(DoorError::Input)?;
        let document = match bare_of {
            Some(topic) => Value::Object([("code", Value::from(topic)), ("data", document)].into_iter().collect::<Object>()),
            None => document,
        };
        let envelope = Envelope::read(&document)?;
        let position = (!self.again).then(|| Position::File { content_hash: Arc::clone(content_hash), code: bare_of.map(Into::into), number: element.number });
        let delivery = Delivery { position, ..Delivery::new(envelope, "file") };
        self.fire.submit(delivery, self.credentials.as_ref()).await
    }
}

/// The document of an element that is an event of a platform rather than an envelope.
fn event(element: &Element) -> Option<&Value> {
    let document = element.document.as_ref().ok()?;
    Shape::of(document).filter(|shape| *shape != Shape::Envelope).map(|_| document)
}

/// Counts an outcome. A world that failed ends the firing: what was done stays, running again goes on.
fn settle(outcome: Result<crate::door::TriggerAnswer, DoorError>, place: &str, counts: &mut Counts) -> Result<(), CliError> {
    match outcome {
        Ok(answer) if answer.replayed => counts.skipped += 1,
        Ok(answer) => {
            if answer.failed() {
                counts.failed += 1;
            } else {
                counts.done += 1;
            }
            counts.last_trace_id = Some(answer.trace_id);
        }
        Err(error) if error.class() == ErrorClass::Reject => {
            counts.rejected += 1;
            if counts.reasons.len() < REASONS {
                counts.reasons.push(format!("rejected {place}: {}: {error}", error.code()));
            }
        }
        Err(error) => return Err(CliError::Door(Box::new(error))),
    }
    Ok(())
}

fn progress_bar(total: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} triggers, {per_sec}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The token of elements that bring none: the option, else the setting `NIGHTOWL_PAT`.
pub(super) fn credentials(option: Option<&str>, setting: Option<&secrecy::SecretString>) -> Option<Credentials> {
    let token = match (option, setting) {
        (Some(token), _) => Some(Token::new(token)),
        (None, Some(token)) => Some(Token::new(secrecy::ExposeSecret::expose_secret(token))),
        (None, None) => None,
    };
    token.map(Credentials::pat)
}
