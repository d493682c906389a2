//! `POST /pipeline/log/stats`: counts of logs, and figures over the newest of them (surface.md §7).

use axum::Json;
use axum::extract::{Request, State};
use nightowl_storage::trace::{LogCriteria, LogRecord, TraceStore};
use serde_json::{Value as Json_, json};

use super::log::{integer, moment, question, text};
use super::router::Api;
use crate::door::DoorError;
use crate::node::NodeError;
use crate::rerun::stores_of;

/// The largest sample, and the one that is taken where nothing is said.
const SAMPLE: (i64, i64) = (500, 200);
/// The states of logs; the last one is never produced.
const STATES: [&str; 3] = ["DONE", "ERROR", "IGNORED"];

/// Answers counts and figures.
pub(super) async fn stats(State(api): State<Api>, request: Request) -> Result<Json<Json_>, DoorError> {
    let node = api.fire.node();
    let (acting, asked) = question(&api, request).await?;
    let criteria = LogCriteria {
        tenant_id: Some(acting.tenant_id.as_str().to_owned()),
        topic_id: text(&asked, "topicId"),
        pipeline_id: text(&asked, "pipelineId"),
        start_date: moment(&api, &asked, "startDate")?,
        end_date: moment(&api, &asked, "endDate")?,
        ..LogCriteria::default()
    };
    let size = u32::try_from(integer(&asked, "sampleSize").unwrap_or(SAMPLE.1).clamp(1, SAMPLE.0)).unwrap_or(1);
    let mut counts = [0_u64; STATES.len()];
    let mut sample = Vec::new();
    for open in stores_of(node, acting.tenant_id.as_str()).await? {
        let traces = TraceStore::new(open.store);
        for (count, state) in counts.iter_mut().zip(STATES) {
            let of_state = LogCriteria { status: Some(state.to_owned()), ..criteria.clone() };
            *count += traces.count_logs(&of_state).await.map_err(NodeError::from)?;
        }
        sample.extend(traces.newest_logs(&criteria, size).await.map_err(NodeError::from)?);
    }
    sample.sort_by_key(|log| std::cmp::Reverse((log.started_at, log.uid)));
    sample.truncate(size as usize);
    let mut answer = figures(&sample);
    answer["total"] = json!(counts.iter().sum::<u64>());
    answer["byStatus"] = STATES.iter().zip(counts).map(|(state, count)| ((*state).to_owned(), json!(count))).collect();
    Ok(Json(answer))
}

/// The figures of a sample: durations of 0 are left out; counts are sums over all actions.
fn figures(sample: &[LogRecord]) -> Json_ {
    let mut durations: Vec<i64> = sample.iter().map(|log| log.spent_ms).filter(|spent| *spent > 0).collect();
    durations.sort_unstable();
    let many = i64::try_from(durations.len()).unwrap_or(i64::MAX);
    let average = if many == 0 { 0 } else { (durations.iter().sum::<i64>() + many / 2) / many };
    // The nearest rank: ⌈0.95·n⌉, counted from 1.
    let rank = (durations.len() * 95).div_ceil(100);
    let p95 = rank.checked_sub(1).and_then(|index| durations.get(index)).copied().unwrap_or(0);
    let mut counts = [0_u64; 3];
    for log in sample {
        let body: Json_ = serde_json::from_str(&log.body).unwrap_or_default();
        for action in list(&body, "stages").flat_map(|stage| list(stage, "units")).flat_map(|unit| list(unit, "actions")) {
            for (index, count) in counts.iter_mut().enumerate() {
                *count += action["n"][index].as_u64().unwrap_or(0);
            }
        }
    }
    let [inserted, updated, deleted] = counts;
    json!({
        "total": 0, "byStatus": {}, "avgDurationMs": average, "p95DurationMs": p95, "insertCount": inserted, "updateCount": updated,
        "deleteCount": deleted, "sampleSize": sample.len(),
    })
}

fn list<'a>(json: &'a Json_, key: &str) -> impl Iterator<Item = &'a Json_> {
    json.get(key).and_then(Json_::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(uid: i64, spent_ms: i64) -> LogRecord {
        LogRecord {
            uid,
            tenant_id: "1".to_owned(),
            trace_id: "1".to_owned(),
            trigger_id: 1,
            pipeline_id: "1".to_owned(),
            topic_id: "1".to_owned(),
            data_id: 1,
            status: "DONE".to_owned(),
            started_at: chrono::NaiveDateTime::default(),
            spent_ms,
            rolled_back: false,
            body: json!({"stages": [{"units": [{"actions": [{"n": [2, 1, 0]}, {}]}]}]}).to_string(),
            definition_hash: String::new(),
        }
    }

    #[test]
    fn figures_leave_zeros_out_and_take_the_nearest_rank() {
        let sample: Vec<LogRecord> = (0..=20).map(|spent| log(spent, spent)).collect();
        let shown = figures(&sample);
        assert_eq!((&shown["avgDurationMs"], &shown["p95DurationMs"], &shown["sampleSize"]), (&json!(11), &json!(19), &json!(21)));
        assert_eq!((&shown["insertCount"], &shown["updateCount"], &shown["deleteCount"]), (&json!(42), &json!(21), &json!(0)));
        let none = figures(&[]);
        assert_eq!((&none["avgDurationMs"], &none["p95DurationMs"]), (&json!(0), &json!(0)));
    }
}
