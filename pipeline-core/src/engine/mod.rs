//! The engine: trigger → cascade → pipeline → stage → unit → action.
//!
//! [`Engine::trigger`] carries out one trigger on a [`UnitOfWork`](crate::port::UnitOfWork); who calls it repeats it
//! when an error of class `retry` comes back, and owns queues, threads and connections.

pub(crate) mod action;
mod action_run;
mod aggregate;
mod archive;
mod by_action;
mod cascade;
mod caught;
mod context;
pub(crate) mod criteria;
mod criteria_family;
mod criteria_sample;
mod criteria_show;
mod criteria_value;
mod criterion;
mod error;
mod evaluate;
mod external;
mod footprint;
mod guard_slot;
mod hand_over;
mod hold;
mod in_doubt;
mod keyed;
mod log;
mod log_text;
mod memory;
mod pending;
pub mod prepare;
mod recorder;
mod rerun;
mod resume;
mod run;
mod save;
mod services;
mod settings;
mod storable;
mod trigger;
mod write;

pub use archive::ArchivedRow;
pub use criteria_family::aligned_equals;
pub use error::{ActionError, TriggerError};
pub use evaluate::{EvaluationRecorder, OperandRecord};
pub use external::HandedOverCall;
pub use footprint::Footprint;
pub use in_doubt::InDoubt;
pub use keyed::{KeyedChange, KeyedRow};
pub use log::RunStatus;
pub use log_text::{LogHead, restore};
pub use pending::{abroad_of, target_of};
pub use recorder::RaisedAlarm;
pub use rerun::RerunRequest;
pub use save::trigger_data;
pub use settings::{Atomicity, EngineSettings, PendingLease, TraceLevel, UpdateRetry};
pub use storable::storable;
pub use trigger::{AcceptedTrigger, Attempt, Engine, TriggerOutcome, TriggerReport, TriggerRequest};

pub(crate) use services::Services;
