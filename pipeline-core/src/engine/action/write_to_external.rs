//! `write-to-external`: the trigger data to somebody outside (engine.md §6).

use super::{ActionError, ActionRun};
use crate::compile::{PipelineContext, remedy, wrong_url};
use crate::model::{ActionKind, ExternalWriterDefinition, Place, Problems};
use crate::port::ExternalCall;

/// A `write-to-external`, ready to run.
#[derive(Debug)]
pub(crate) struct WriteToExternal {
    writer: ExternalWriterDefinition,
    event_code: Option<String>,
}

impl WriteToExternal {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::WriteToExternal { external_writer_id, event_code } = kind else { return None };
        let writer = context.catalog.writer(external_writer_id);
        if writer.is_none() {
            let reason = format!("there is no external writer \"{external_writer_id}\"");
            problems.error("definition-writer-unknown", &place.key("externalWriterId"), reason, "give the id of an external writer of the same tenant");
        }
        let writer = writer?;
        if !context.catalog.enabled_writers().contains(writer.writer_type) {
            let reason = format!("writers of type {} are not enabled", writer.writer_type);
            problems.error("definition-writer-not-enabled", &place.key("externalWriterId"), reason, remedy(writer.writer_type));
            return None;
        }
        if let Some(expected) = wrong_url(writer) {
            let reason = format!("the url of external writer \"{}\" is none of a {}", writer.writer_code, writer.writer_type);
            problems.error("definition-writer-url", &place.key("externalWriterId"), reason, format!("write {expected}"));
            return None;
        }
        Some(Self { writer: writer.clone(), event_code: event_code.clone() })
    }

    /// In mode `action` the call is made at once; in the other modes it is handed over with the run's rows and made
    /// after the commit (engine.md §3.11, rule 10).
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let call = ExternalCall {
            writer: self.writer.clone(),
            event_code: self.event_code.clone(),
            current: run.memory.current.clone(),
            previous: run.memory.previous.clone(),
            data_id: Some(run.memory.data_id).filter(|id| *id >= 0),
            trace_id: run.origin.trace_id.to_string(),
            idempotency_key: run.log.uid.to_string(),
        };
        run.send(call).await
    }
}
