//! What an evaluation reports besides its result, for traces at level `full`.

use crate::model::{ComputeType, Operator};
use crate::value::{Arithmetic, Value};

/// A comparison that was carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct OperandRecord {
    /// The left value.
    pub left: Value,
    /// The operator.
    pub operator: Operator,
    /// The right value; `None` for `empty` and `not-empty`.
    pub right: Option<Value>,
    /// The result; `None` where the two can not be compared.
    pub result: Option<bool>,
}

/// Hears of what is evaluated. Both are optional to note.
pub trait EvaluationRecorder {
    /// A comparison was carried out.
    fn compared(&mut self, record: OperandRecord);
    /// An operand of `add` or `subtract` counted 0 although it is no number (decisions: warned of here only).
    fn counted_as_zero(&mut self, computation: ComputeType, operand: &Value);
}

/// Whoever wants comparisons only keeps them in a list.
impl EvaluationRecorder for Vec<OperandRecord> {
    fn compared(&mut self, record: OperandRecord) {
        self.push(record);
    }

    fn counted_as_zero(&mut self, _: ComputeType, _: &Value) {}
}

/// Where an evaluation reports to, if anywhere.
pub(super) type Report<'r, 'a> = Option<&'r mut (dyn EvaluationRecorder + 'a)>;

/// The computation of an arithmetic.
pub(super) const fn computation(arithmetic: Arithmetic) -> ComputeType {
    match arithmetic {
        Arithmetic::Add => ComputeType::Add,
        Arithmetic::Subtract => ComputeType::Subtract,
        Arithmetic::Multiply => ComputeType::Multiply,
        Arithmetic::Divide => ComputeType::Divide,
        Arithmetic::Modulus => ComputeType::Modulus,
    }
}
