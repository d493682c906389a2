//! `read-factor`: one column of one row, or a number over the column of many, into a variable.

use super::{ActionError, ActionRun};
use crate::compile::{EmptyBy, FindPlan, PipelineContext, ReadColumn};
use crate::model::{ActionKind, AggregateArithmetic, Place, Problems};
use crate::port::Aggregate;
use crate::value::Value;

/// A `read-factor`, ready to run.
#[derive(Debug)]
pub(crate) struct ReadFactor {
    find: FindPlan,
    column: ReadColumn,
    arithmetic: AggregateArithmetic,
    variable: usize,
}

impl ReadFactor {
    pub(super) fn compile(kind: &ActionKind, context: &PipelineContext<'_>, place: &Place, problems: &mut Problems) -> Option<Self> {
        let ActionKind::ReadFactor { topic_id, factor_id, arithmetic, by, variable_name } = kind else { return None };
        let variable = context.variable(variable_name, place, problems);
        let find = FindPlan::compile(topic_id, by.as_ref(), EmptyBy::AllRows, context, place, problems)?;
        let column = find.column(factor_id, place, problems);
        Some(Self { column: column?, find, arithmetic: arithmetic.unwrap_or_default(), variable: variable? })
    }

    /// Without arithmetic no row and several rows are errors (D-12); a count of no rows is 0, a sum or mean null.
    pub(super) async fn run(&self, run: &mut ActionRun<'_>) -> Result<(), ActionError> {
        let column = run.column(&self.find, &self.column)?;
        let value = match self.arithmetic {
            AggregateArithmetic::None => {
                let row = run.find_one(&self.find, false).await?;
                let row = run.services.readable(&self.find.topic, row)?;
                row.values().get(column).cloned().unwrap_or_default()
            }
            AggregateArithmetic::Count => run.aggregate(&self.find, Aggregate::Count).await?,
            AggregateArithmetic::Sum => run.aggregate(&self.find, Aggregate::Sum(column)).await?,
            AggregateArithmetic::Avg => run.aggregate(&self.find, Aggregate::Average(column)).await?,
        };
        let touched: Value = value.clone();
        run.touch(|| touched);
        run.put(self.variable, value, None);
        Ok(())
    }
}
