//! Evaluation of parameters in memory (values.md §2.3, §3–§5).

use std::borrow::Cow;
use std::sync::Arc;

use super::record::{EvaluationRecorder, Report, computation};
use crate::compile::{CaseRoute, ComputedPlan, ParameterPlan};
use crate::path::Scope;
use crate::value::{Arithmetic, Decimal, Value, ValueError};

impl ParameterPlan {
    /// The value of the parameter.
    ///
    /// # Errors
    /// [`ValueError`] of whatever fails first, from left to right.
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, ValueError> {
        self.evaluate_reporting(scope, &mut None)
    }

    /// The value of the parameter, telling a recorder what was compared and what counted 0 on the way.
    ///
    /// # Errors
    /// As [`ParameterPlan::evaluate`].
    pub fn evaluate_recording<'a>(&'a self, scope: &'a dyn Scope, recorder: &mut dyn EvaluationRecorder) -> Result<Cow<'a, Value>, ValueError> {
        self.evaluate_reporting(scope, &mut Some(recorder))
    }

    pub(super) fn evaluate_reporting<'a>(&'a self, scope: &'a dyn Scope, report: &mut Report<'_, '_>) -> Result<Cow<'a, Value>, ValueError> {
        match self {
            Self::Null => Ok(Cow::Owned(Value::Null)),
            Self::Topic(topic) => topic.path.evaluate(scope),
            Self::Constant { template, .. } => template.evaluate(scope),
            Self::Variable(path) => path.evaluate(scope),
            Self::Computed(computed) => match &**computed {
                ComputedPlan::Arithmetic { arithmetic, operands } => fold(*arithmetic, operands, scope, report).map(|number| Cow::Owned(Value::Number(number))),
                ComputedPlan::DatePart { part, operand } => part.of_value(&*operand.evaluate_reporting(scope, report)?, scope.dates()).map(Cow::Owned),
                ComputedPlan::CaseThen { routes, otherwise } => choose(routes, otherwise.as_ref(), scope, report),
            },
        }
    }

    /// The origin of a variable to which this is copied; only constants have one (values.md §4.4).
    pub fn origin(&self, scope: &dyn Scope) -> Option<Arc<str>> {
        match self {
            Self::Constant { origin, template } if !template.parts().is_empty() => origin.resolve(scope),
            _ => None,
        }
    }
}

/// Folds operands from left to right. The first one is not rounded, each operation is.
fn fold(arithmetic: Arithmetic, operands: &[ParameterPlan], scope: &dyn Scope, report: &mut Report<'_, '_>) -> Result<Decimal, ValueError> {
    let mut result: Option<Decimal> = None;
    for operand in operands {
        let value = operand.evaluate_reporting(scope, report)?;
        let (number, counted_as_zero) = arithmetic.operand(&value)?;
        if counted_as_zero
            && !value.is_null()
            && let Some(recorder) = report
        {
            recorder.counted_as_zero(computation(arithmetic), &value);
        }
        result = Some(match result {
            None => number,
            Some(result) => arithmetic.apply(result, number)?,
        });
    }
    Ok(result.unwrap_or(Decimal::ZERO))
}

/// The value of the first route that holds; later routes are not looked at.
fn choose<'a>(
    routes: &'a [CaseRoute],
    otherwise: Option<&'a ParameterPlan>,
    scope: &'a dyn Scope,
    report: &mut Report<'_, '_>,
) -> Result<Cow<'a, Value>, ValueError> {
    for route in routes {
        let holds = match &route.on {
            Some(condition) => condition.evaluate_reporting(scope, report)?,
            None => true,
        };
        if holds {
            return route.value.evaluate_reporting(scope, report);
        }
    }
    match otherwise {
        Some(plan) => plan.evaluate_reporting(scope, report),
        None => Ok(Cow::Owned(Value::Null)),
    }
}
