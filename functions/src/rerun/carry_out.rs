//! One rerun on the store of its topic, repeated as a trigger is.

use std::sync::Arc;

use nightowl_auth::Principal;
use nightowl_core::engine::{RerunRequest, TriggerOutcome};

use crate::door::{DoorError, TriggerAnswer};
use crate::node::stores::OpenStore;
use crate::node::{Node, gone_on, log_alarms, with_retries};

/// Who asks for a rerun, and for which tenant.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The tenant.
    pub tenant_id: Arc<str>,
    /// The user.
    pub user_id: Arc<str>,
    /// The key id of the token.
    pub pat_key_id: Option<Arc<str>>,
}

impl Asker {
    /// A principal that acts for a tenant.
    pub fn of(principal: &Principal) -> Self {
        Self {
            tenant_id: principal.tenant_id.as_str().into(),
            user_id: principal.user_id.as_str().into(),
            pat_key_id: principal.key_id.as_ref().map(|id| id.as_str().into()),
        }
    }
}

/// Carries a rerun out and answers as a trigger does.
pub(super) async fn carry_out(node: &Node, open: &OpenStore, request: RerunRequest) -> Result<TriggerAnswer, DoorError> {
    node.takes_triggers()?;
    let tenant_id = Arc::clone(&request.tenant_id);
    let request = Arc::new(request);
    let outcome = with_retries(&node.engine, |attempt| {
        let (engine, request) = (Arc::clone(&node.engine), Arc::clone(&request));
        let (tenant_id, abroad) = (Arc::clone(&tenant_id), request.abroad().clone());
        async move { open.exit.on_unit(&tenant_id, &abroad, move |unit| Box::pin(async move { engine.rerun(unit, &request, attempt).await })).await }
    })
    .await?;
    let outcome = match outcome {
        TriggerOutcome::Accepted(accepted) => gone_on(&open.exit, &node.engine, &request.catalog, accepted).await,
        done => done,
    };
    let (trace_id, alarms) = outcome.alarms();
    log_alarms(trace_id, alarms);
    let outcome = match outcome {
        TriggerOutcome::Accepted(accepted) => open.exit.end_of(accepted.work).await??,
        done => done,
    };
    if outcome.handed_over() > 0 {
        node.hand_over.wake();
    }
    if let TriggerOutcome::Ran(report) = &outcome
        && report.handed_over > 0
    {
        node.hand_over.wait_for_logs(&node.stores, &tenant_id, &report.result.trace_id).await;
    }
    Ok(TriggerAnswer::of(outcome))
}
