//! What the engine asks of the world.
//!
//! A port is declared here because the engine needs it, and implemented where it can be: on SQL by `nightowl-storage`,
//! in memory for tests and simulations. A [`UnitOfWork`] is the handle for everything that is committed together:
//! rows of topics ([`TopicRows`]) and what is written about the run ([`Journal`]).

mod clock;
mod error;
mod external_writer;
mod id_source;
mod journal;
mod query;
mod statement_texts;
mod topic_rows;
mod unit_of_work;

pub use clock::Clock;
pub use error::StoreError;
pub use external_writer::{ExternalCall, ExternalWriter, ExternalWriterError};
pub use id_source::{IdSource, IdSourceError};
pub use journal::{DetailRow, EarlierTrigger, Journal, LogRow, OrderedPosition, PendingKind, PendingWork, TriggerHeader, TriggerStatus};
pub use query::{Aggregate, Comparison, Computation, Criterion, Operand, Query};
pub use statement_texts::StatementTexts;
pub use topic_rows::TopicRows;
pub use unit_of_work::UnitOfWork;
