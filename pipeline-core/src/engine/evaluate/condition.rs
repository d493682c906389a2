//! Tests of conditions in memory: left to right, no further than needed (values.md §6.1).

use super::record::{EvaluationRecorder, OperandRecord, Report};
use crate::compile::{ConditionPlan, ExpressionPlan};
use crate::model::{JointType, Operator};
use crate::path::Scope;
use crate::value::{ValueError, compare};

impl ConditionPlan {
    /// Whether the condition holds.
    ///
    /// # Errors
    /// [`ValueError`] of the first filter that fails; what comes after the deciding filter is not evaluated.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<bool, ValueError> {
        self.evaluate_reporting(scope, &mut None)
    }

    /// Whether the condition holds, telling a recorder each comparison.
    ///
    /// # Errors
    /// As [`ConditionPlan::evaluate`].
    pub fn evaluate_recording(&self, scope: &dyn Scope, recorder: &mut dyn EvaluationRecorder) -> Result<bool, ValueError> {
        self.evaluate_reporting(scope, &mut Some(recorder))
    }

    pub(super) fn evaluate_reporting(&self, scope: &dyn Scope, report: &mut Report<'_, '_>) -> Result<bool, ValueError> {
        match self {
            Self::Expression(expression) => expression.evaluate(scope, report),
            Self::Joint { joint_type, filters } => {
                let deciding = *joint_type == JointType::Or;
                for filter in filters {
                    if filter.evaluate_reporting(scope, report)? == deciding {
                        return Ok(deciding);
                    }
                }
                Ok(!deciding)
            }
        }
    }
}

impl ExpressionPlan {
    fn evaluate(&self, scope: &dyn Scope, report: &mut Report<'_, '_>) -> Result<bool, ValueError> {
        let left = self.left.evaluate_reporting(scope, report)?;
        let right = self.right.evaluate_reporting(scope, report)?;
        let result = compare(self.operator, &left, &right, scope.dates());
        if let Some(recorder) = report {
            let one_sided = matches!(self.operator, Operator::Empty | Operator::NotEmpty);
            recorder.compared(OperandRecord {
                left: left.into_owned(),
                operator: self.operator,
                right: (!one_sided).then(|| right.into_owned()),
                result: result.as_ref().ok().copied(),
            });
        }
        result
    }
}
