//! Evaluation of parameters and conditions in memory (values.md §2–§6, engine.md §3.4).

mod condition;
mod parameter;
mod record;
#[cfg(test)]
mod tests;

pub use record::{EvaluationRecorder, OperandRecord};
