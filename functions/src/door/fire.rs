//! One trigger through a door: authenticated, checked, carried out.

use std::sync::Arc;

use chrono::NaiveDateTime;
use nightowl_auth::{Credentials, Guard, Principal};
use nightowl_core::engine::{KeyedRow, TriggerError, TriggerOutcome, TriggerRequest};
use nightowl_core::error::{Coded as _, ErrorClass};

use super::{DoorError, Envelope, Position, TriggerAnswer};
use crate::metric;
use crate::node::crossing::ended;
use crate::node::{LaneTicket, Node, OpenStore, When};

/// A trigger with where it came from.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What is asked for.
    pub envelope: Envelope,
    /// The kind of source: `http`, `file`, ….
    pub source: &'static str,
    /// Where in the source it stands, where the source has positions.
    pub position: Option<Position>,
    /// Where the caller is, for counting failed authentications.
    pub address: Option<String>,
    /// The row that is meant, where key factors name it instead of an id.
    pub keyed: Option<KeyedRow>,
    /// When the caller's time is over, UTC.
    pub deadline: Option<NaiveDateTime>,
}

impl Delivery {
    /// A trigger of a source, without a position.
    pub const fn new(envelope: Envelope, source: &'static str) -> Self {
        Self { envelope, source, position: None, address: None, keyed: None, deadline: None }
    }
}

/// A trigger in its lane.
#[derive(Debug)]
pub struct Submitted {
    ticket: LaneTicket,
    node: Arc<Node>,
    tenant_id: String,
    source: &'static str,
}

/// Counts how a trigger ended.
fn count(source: &'static str, answer: Result<&TriggerAnswer, &DoorError>) {
    let outcome = match answer {
        Ok(answer) if answer.replayed => "replayed",
        Ok(answer) if answer.failed() => "error",
        Ok(answer) if answer.status == "PENDING" => "pending",
        Ok(_) => "done",
        Err(error) if error.class() == ErrorClass::Reject => "rejected",
        Err(_) => "failed",
    };
    metrics::counter!(metric::TRIGGERS, "source" => source, "outcome" => outcome).increment(1);
}

impl Submitted {
    /// Waits for the outcome, and for the monitor topic's pipelines where the settings say so.
    pub async fn outcome(self) -> Result<TriggerAnswer, DoorError> {
        let source = self.source;
        let answer = self.wait().await;
        count(source, answer.as_ref());
        answer
    }

    async fn wait(self) -> Result<TriggerAnswer, DoorError> {
        let outcome = self.ticket.outcome().await??;
        if let TriggerOutcome::Ran(report) = &outcome
            && report.handed_over > 0
        {
            self.node.hand_over.wait_for_logs(&self.node.stores, &self.tenant_id, &report.result.trace_id).await;
        }
        Ok(TriggerAnswer::of(outcome))
    }

    /// Waits for the outcome; where the trigger came before and has not ended yet, for its end.
    async fn end(self) -> Result<TriggerAnswer, DoorError> {
        let node = Arc::clone(&self.node);
        let answer = self.outcome().await?;
        let Some(trigger_id) = answer.unfinished else { return Ok(answer) };
        let report = ended(&node.stores, trigger_id, &answer.trace_id).await?;
        Ok(TriggerAnswer { replayed: true, ..TriggerAnswer::of(TriggerOutcome::Ran(report)) })
    }
}

/// Fires triggers at a node.
#[derive(Debug, Clone)]
pub struct Fire {
    node: Arc<Node>,
}

impl Fire {
    /// A door to a node.
    pub const fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// The node.
    pub const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Authenticates and carries a trigger out, to its end. The envelope's own token goes before `credentials`.
    pub async fn fire(&self, delivery: Delivery, credentials: Option<&Credentials>) -> Result<TriggerAnswer, DoorError> {
        self.submit(delivery, credentials).await?.end().await
    }

    /// Authenticates a trigger and takes it over: answered once its row and what is to be done are committed.
    pub async fn accept(&self, delivery: Delivery, credentials: Option<&Credentials>) -> Result<TriggerAnswer, DoorError> {
        self.authorised(delivery, credentials, When::Later).await?.outcome().await
    }

    /// Authenticates a trigger and puts it into its lane; those that are submitted one after the other run in that order.
    pub async fn submit(&self, delivery: Delivery, credentials: Option<&Credentials>) -> Result<Submitted, DoorError> {
        self.authorised(delivery, credentials, When::Now).await
    }

    async fn authorised(&self, mut delivery: Delivery, credentials: Option<&Credentials>, when: When) -> Result<Submitted, DoorError> {
        let principal = self.principal(&mut delivery, credentials).await?;
        self.place(&principal, delivery, when).await
    }

    /// Puts a trigger of a principal that is known into its lane.
    pub async fn submit_as(&self, principal: &Principal, delivery: Delivery) -> Result<Submitted, DoorError> {
        self.place(principal, delivery, When::Now).await
    }

    async fn place(&self, principal: &Principal, delivery: Delivery, when: When) -> Result<Submitted, DoorError> {
        let source = delivery.source;
        self.submitted(principal, delivery, when).await.inspect_err(|error| count(source, Err(error)))
    }

    async fn submitted(&self, principal: &Principal, delivery: Delivery, when: When) -> Result<Submitted, DoorError> {
        self.node.takes_triggers()?;
        let source = delivery.source;
        let (request, store) = self.request_of(principal, delivery).await?;
        let tenant_id = request.tenant_id.to_string();
        let ticket = store.lane.submit(request, when).await?;
        Ok(Submitted { ticket, node: Arc::clone(&self.node), tenant_id, source })
    }

    /// What the engine would be asked, for who carries it out without a lane.
    pub(crate) async fn request(&self, mut delivery: Delivery, credentials: Option<&Credentials>) -> Result<TriggerRequest, DoorError> {
        let principal = self.principal(&mut delivery, credentials).await?;
        Ok(self.request_of(&principal, delivery).await?.0)
    }

    async fn principal(&self, delivery: &mut Delivery, credentials: Option<&Credentials>) -> Result<Principal, DoorError> {
        let own = delivery.envelope.pat.take().map(Credentials::pat);
        Ok(self.node.authenticator.authorise(own.as_ref().or(credentials), delivery.address.as_deref(), Guard::AnyAdmin).await?)
    }

    async fn request_of(&self, principal: &Principal, delivery: Delivery) -> Result<(TriggerRequest, OpenStore), DoorError> {
        let Delivery { envelope, source, position, keyed, deadline, .. } = delivery;
        let Envelope { code, data, trigger_type, tenant_id, trace_id, pat: _ } = envelope;
        let Some(data) = data else { return Err(DoorError::DataMissing { code }) };
        let acting = self.node.authenticator.trigger_principal(principal, tenant_id.as_deref(), &code, &*self.node.accounts).await?;
        self.node.rates.take(&acting)?;
        let tenant = self.node.catalogs.of(acting.tenant_id.as_str()).await?;
        let topic = tenant.catalog.topic_by_name(&code).ok_or_else(|| TriggerError::TopicNotFound { code: code.clone() })?;
        let source_of_topic = tenant.data_source(topic.data_source_id.as_deref())?;
        let store = self.node.stores.of(source_of_topic).await?;
        let request = TriggerRequest {
            catalog: Arc::clone(&tenant.catalog),
            tenant_id: acting.tenant_id.as_str().into(),
            user_id: acting.user_id.as_str().into(),
            pat_key_id: acting.key_id.as_ref().map(|id| id.as_str().into()),
            position_key: position.as_ref().and_then(|position| position.key(&code, acting.tenant_id.as_str())).map(Into::into),
            ordered: position.as_ref().and_then(|position| position.ordered(acting.tenant_id.as_str())),
            body_hash: position.as_ref().and_then(Position::body_hash).map(Into::into),
            code: code.into(),
            trigger_type,
            data,
            trace_id: trace_id.map(Into::into),
            source: source.into(),
            keyed,
            deadline,
        };
        Ok((request, store))
    }
}
