//! Runs a scenario with an installation and collects what came of it.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::compare::{Comparison, Strictness, compare};
use super::definitions::Definitions;
use super::deviations::Deviations;
use super::error::ScenarioError;
use super::file::{DEFAULT_TENANT, Expectation, Scenario, ScenarioTrigger};
use super::normalise::Normaliser;
use super::placeholder::Sources;
use super::subject::{FiredTrigger, Subject, SubjectError};

/// The trace id of the first trigger; the next ones count on. It has the length of a generated one.
const FIRST_TRACE_ID: usize = 1_000_000_000_000_000_000;

/// Runs a scenario and compares all that came of it with `expect`, as our rules change it.
///
/// # Errors
/// The deviations do not fit, a placeholder stands for nothing, or the installation can not be asked.
pub async fn run<S: Subject + ?Sized>(
    subject: &mut S,
    scenario: &Scenario,
    deviations: &Deviations,
    strictness: Strictness,
) -> Result<Comparison, ScenarioError> {
    let expect = deviations.apply(&scenario.name, &scenario.expect)?;
    let expected = Expectation::from_json(Path::new(&scenario.name), &expect)?;
    let (observed, normaliser) = observe(subject, scenario).await?;
    Ok(compare(&expected, &observed, &normaliser, strictness))
}

/// Runs a scenario and collects what came of it, in the shape of `expect` and not yet normalised.
///
/// # Errors
/// A placeholder stands for nothing, or the installation can not be asked.
pub async fn observe<S: Subject + ?Sized>(subject: &mut S, scenario: &Scenario) -> Result<(Expectation, Normaliser), ScenarioError> {
    subject.prepare(scenario).await.map_err(met("prepare the installation"))?;
    let tenant_ids = scenario.tenants.iter().filter_map(|tenant| subject.tenant_id(tenant).map(|id| (id, tenant.clone())));
    let normaliser = Normaliser::new(Definitions::of(scenario), tenant_ids.collect(), scenario.options.defined_as);
    let errors = fire_all(subject, scenario, &normaliser).await?;
    let mut topics = Map::new();
    for topic in &scenario.topics {
        let tenant = topic.get("tenantId").and_then(Json::as_str).unwrap_or(DEFAULT_TENANT);
        let name = topic.get("name").and_then(Json::as_str).unwrap_or_default();
        let rows = subject.rows(tenant, name).await.map_err(met(&format!("read the rows of {name}")))?;
        topics.insert(topic_key(tenant, name), Json::Array(rows));
    }
    let mut logs = Vec::new();
    for tenant in &scenario.tenants {
        let of_tenant = subject.logs(tenant).await.map_err(met(&format!("read the logs of tenant {tenant}")))?;
        logs.extend(of_tenant.into_iter().map(|log| with_trigger(log, tenant, scenario.triggers.len())));
    }
    Ok((Expectation { topics, logs, errors }, normaliser))
}

/// The key of a topic in `expect.topics`.
pub(super) fn topic_key(tenant: &str, name: &str) -> String {
    if tenant == DEFAULT_TENANT { name.to_owned() } else { format!("{tenant}:{name}") }
}

/// Fires the triggers one after the other; the answers that are not 200.
async fn fire_all<S: Subject + ?Sized>(subject: &mut S, scenario: &Scenario, normaliser: &Normaliser) -> Result<Vec<Json>, ScenarioError> {
    let mut bodies = Vec::with_capacity(scenario.triggers.len());
    let mut errors = Vec::new();
    for (index, trigger) in scenario.triggers.iter().enumerate() {
        let mut sources = Sources { trigger: index, tenant: &trigger.as_tenant, bodies: &bodies, normaliser, subject: &mut *subject };
        let data = sources.fill(&trigger.data).await?;
        let fired = fired(subject, index, trigger, data);
        let answer = subject.fire(&fired).await.map_err(met(&format!("fire trigger {index}")))?;
        if answer.status != 200 {
            errors.push(json!({"trigger": index, "status": answer.status, "detail": answer.body.clone()}));
        }
        bodies.push(answer.body);
    }
    Ok(errors)
}

fn fired<S: Subject + ?Sized>(subject: &S, index: usize, trigger: &ScenarioTrigger, data: Json) -> FiredTrigger {
    let tenant_id = trigger.tenant_id.as_ref().map(|symbol| subject.tenant_id(symbol).unwrap_or_else(|| symbol.clone()));
    FiredTrigger {
        tenant: trigger.as_tenant.clone(),
        pat: trigger.pat,
        code: trigger.code.clone(),
        data,
        trigger_type: trigger.trigger_type.clone(),
        tenant_id,
        trace_id: (FIRST_TRACE_ID + index).to_string(),
    }
}

/// Says in a log which trigger led to it, and whose it is. A log of nobody's trigger keeps the number null.
fn with_trigger(mut log: Json, tenant: &str, triggers: usize) -> Json {
    let trace_id = log.get("traceId").and_then(Json::as_str).and_then(|trace_id| trace_id.parse::<usize>().ok());
    let trigger = trace_id.and_then(|trace_id| trace_id.checked_sub(FIRST_TRACE_ID)).filter(|trigger| *trigger < triggers);
    if let Json::Object(members) = &mut log {
        members.insert("trigger".to_owned(), trigger.map_or(Json::Null, Json::from));
        if tenant != DEFAULT_TENANT {
            members.insert("tenantId".to_owned(), Json::from(tenant));
        }
    }
    log
}

fn met(doing: &str) -> impl FnOnce(SubjectError) -> ScenarioError {
    move |source| ScenarioError::Subject { doing: doing.to_owned(), source }
}
