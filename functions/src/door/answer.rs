//! What a trigger answers (surface.md §6.2).

use nightowl_core::engine::TriggerOutcome;
use nightowl_core::port::TriggerStatus;
use serde_json::{Value as Json, json};

/// The answer of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerAnswer {
    /// The trace id under which everything is found again; empty where only it is known that the trigger ran before.
    pub trace_id: String,
    /// The row.
    pub data_id: Option<i64>,
    /// `DONE`, `ERROR`; `PENDING` for what was only accepted, and for what came before and has not ended.
    pub status: &'static str,
    /// Pipelines that ended in ERROR.
    pub failed_pipeline_ids: Vec<String>,
    /// Whether its source position was seen before, so that nothing ran.
    pub replayed: bool,
    /// The trigger, where it came before and has not ended yet.
    pub(super) unfinished: Option<i64>,
    /// The log whose pipeline was run again, in the answers of such reruns.
    pub log_id: Option<String>,
}

impl TriggerAnswer {
    /// The answer of an outcome.
    pub fn of(outcome: TriggerOutcome) -> Self {
        match outcome {
            TriggerOutcome::Ran(report) => Self {
                status: report.result.status(),
                trace_id: report.result.trace_id,
                data_id: report.result.data_id,
                failed_pipeline_ids: report.result.failed_pipeline_ids,
                replayed: false,
                unfinished: None,
                log_id: None,
            },
            TriggerOutcome::Accepted(accepted) => Self {
                trace_id: accepted.trace_id,
                data_id: accepted.data_id,
                status: "PENDING",
                failed_pipeline_ids: Vec::new(),
                replayed: false,
                unfinished: None,
                log_id: None,
            },
            TriggerOutcome::Passed => {
                Self { trace_id: String::new(), data_id: None, status: "DONE", failed_pipeline_ids: Vec::new(), replayed: true, unfinished: None, log_id: None }
            }
            TriggerOutcome::Replayed(earlier) => Self {
                trace_id: earlier.trace_id,
                data_id: earlier.data_id,
                status: match earlier.status {
                    TriggerStatus::Done => "DONE",
                    TriggerStatus::Error => "ERROR",
                    TriggerStatus::Pending => "PENDING",
                },
                failed_pipeline_ids: earlier.failed_pipeline_ids,
                replayed: true,
                unfinished: (earlier.status == TriggerStatus::Pending).then_some(earlier.trigger_id),
                log_id: None,
            },
        }
    }

    /// Whether a pipeline failed.
    pub fn failed(&self) -> bool {
        self.status == "ERROR"
    }

    /// The body that answers a synchronous trigger.
    pub fn body(&self) -> Json {
        let mut body = self.accepted_body();
        body["status"] = json!(self.status);
        body["failedPipelineIds"] = json!(self.failed_pipeline_ids);
        body
    }

    /// The body that answers an asynchronous trigger: how it will end is not known yet.
    pub fn accepted_body(&self) -> Json {
        json!({"received": true, "traceId": self.trace_id, "internalDataId": self.data_id.map(|id| id.to_string()), "logId": self.log_id})
    }
}
