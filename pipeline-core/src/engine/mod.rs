//! The engine: trigger → cascade → pipeline → stage → unit → action.

mod evaluate;
pub mod prepare;

pub use evaluate::{EvaluationRecorder, OperandRecord};
