//! Aggregates kept in a row: sum, average, count under three accumulate modes (engine.md §3.9).

use super::ActionError;
use crate::model::{AccumulateMode, AggregateArithmetic};
use crate::value::Decimal;

/// What an aggregate is computed from. Anything that is no number counts 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AggregateInput<'a> {
    /// The factor, for messages.
    pub factor: &'a str,
    /// The factor's value in the row that is there; 0 where there is no row.
    pub original: Decimal,
    /// How many values the average in that row has.
    pub average_count: Decimal,
    /// The source with the current trigger data; not looked at unless [`Change::takes_current`].
    pub current: Decimal,
    /// The source with the previous trigger data; not looked at unless [`Change::takes_previous`].
    pub previous: Decimal,
}

/// What becomes of the factor, and of the number of its average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aggregated {
    /// The factor's value.
    pub value: Decimal,
    /// For averages: how many values it has.
    pub average_count: Option<Decimal>,
}

/// The four ways in which a trigger changes an aggregate, found once for all arithmetics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The first value of a row that is not there yet.
    First,
    /// One more value.
    Add,
    /// One value less.
    Remove,
    /// One value replaced by another.
    Replace,
}

impl Change {
    /// The change of a factor, by whether there is a row, and whether the trigger has previous data.
    pub(crate) fn of(arithmetic: AggregateArithmetic, factor: &str, has_row: bool, has_previous: bool, mode: AccumulateMode) -> Result<Self, ActionError> {
        match (has_row, mode, has_previous) {
            (false, AccumulateMode::Reverse, _) => Err(failure(arithmetic, factor, "there is no row to take a value from (accumulate mode reverse)")),
            (false, _, _) => Ok(Self::First),
            (true, AccumulateMode::Cumulate, _) => Ok(Self::Add),
            (true, AccumulateMode::Reverse, true) => Ok(Self::Remove),
            (true, AccumulateMode::Standard, true) => Ok(Self::Replace),
            (true, AccumulateMode::Reverse, false) => {
                Err(failure(arithmetic, factor, "the trigger has no previous data to take away (accumulate mode reverse)"))
            }
            (true, AccumulateMode::Standard, false) => Ok(Self::Add),
        }
    }

    /// Whether the source is needed with the current trigger data; a count never looks at its source.
    pub(crate) fn takes_current(self, arithmetic: AggregateArithmetic) -> bool {
        arithmetic != AggregateArithmetic::Count && self != Self::Remove
    }

    /// Whether the source is needed with the previous trigger data.
    pub(crate) fn takes_previous(self, arithmetic: AggregateArithmetic) -> bool {
        arithmetic != AggregateArithmetic::Count && matches!(self, Self::Remove | Self::Replace)
    }
}

/// Computes an aggregate. `None` stands where the arithmetic is no aggregate.
pub(crate) fn aggregate(arithmetic: AggregateArithmetic, change: Change, input: &AggregateInput<'_>) -> Result<Option<Aggregated>, ActionError> {
    match arithmetic {
        AggregateArithmetic::None => Ok(None),
        AggregateArithmetic::Sum => sum(change, input).map(Some),
        AggregateArithmetic::Avg => average(change, input).map(Some),
        AggregateArithmetic::Count => count(change, input).map(Some),
    }
}

fn failure(arithmetic: AggregateArithmetic, factor: &str, reason: &'static str) -> ActionError {
    ActionError::Aggregate { arithmetic: arithmetic.as_str(), factor: factor.to_owned(), reason }
}

fn sum(change: Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let original = input.original;
    let value = match change {
        Change::First => Ok(input.current),
        Change::Add => original.plus(input.current),
        Change::Remove => original.minus(input.previous),
        Change::Replace => original.minus(input.previous).and_then(|rest| rest.plus(input.current)),
    };
    let value = value.map_err(|error| out_of_range(AggregateArithmetic::Sum, input, error))?;
    Ok(Aggregated { value, average_count: None })
}

fn average(change: Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let original = input.original;
    let n = input.average_count;
    let one = Decimal::ONE;
    let result = match change {
        Change::First => Ok((input.current, one)),
        Change::Add => (|| {
            let more = n.plus(one)?;
            Ok((original.times(n)?.plus(input.current)?.divided_by(more)?, more))
        })(),
        Change::Remove | Change::Replace if n.is_zero() => {
            return Err(failure(AggregateArithmetic::Avg, input.factor, "the row does not know how many values its average has"));
        }
        Change::Remove if n == one => Ok((Decimal::ZERO, Decimal::ZERO)),
        Change::Remove => (|| {
            let fewer = n.minus(one)?;
            Ok((original.times(n)?.minus(input.previous)?.divided_by(fewer)?, fewer))
        })(),
        Change::Replace => (|| Ok((original.times(n)?.plus(input.current)?.minus(input.previous)?.divided_by(n)?, n)))(),
    };
    let (value, count) = result.map_err(|error| out_of_range(AggregateArithmetic::Avg, input, error))?;
    Ok(Aggregated { value, average_count: Some(count) })
}

fn count(change: Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let one = Decimal::ONE;
    let original = input.original.remainder(one).and_then(|fraction| input.original.minus(fraction)).unwrap_or(input.original);
    let value = match change {
        Change::First => Ok(one),
        Change::Add => original.plus(one),
        Change::Remove if original <= Decimal::ZERO => {
            return Err(failure(AggregateArithmetic::Count, input.factor, "the count is 0 already"));
        }
        Change::Remove => original.minus(one),
        Change::Replace => Ok(if original.is_zero() { one } else { original }),
    };
    let value = value.map_err(|error| out_of_range(AggregateArithmetic::Count, input, error))?;
    Ok(Aggregated { value, average_count: None })
}

fn out_of_range(arithmetic: AggregateArithmetic, input: &AggregateInput<'_>, _error: crate::value::DecimalError) -> ActionError {
    failure(arithmetic, input.factor, "the result has more digits than a number can hold")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compute(arithmetic: AggregateArithmetic, original: Option<i64>, previous: Option<i64>, mode: AccumulateMode) -> Option<(String, Option<String>)> {
        let change = Change::of(arithmetic, "f", original.is_some(), previous.is_some(), mode).ok()?;
        let input = AggregateInput {
            factor: "f",
            original: original.map_or(Decimal::ZERO, Decimal::from),
            average_count: Decimal::from(2),
            current: Decimal::from(4),
            previous: previous.map_or(Decimal::ZERO, Decimal::from),
        };
        let result = aggregate(arithmetic, change, &input).ok()??;
        Some((result.value.to_string(), result.average_count.map(|count| count.to_string())))
    }

    /// engine.md §3.9, the examples: O=10, prv=3, cur=4, n=2.
    #[test]
    fn the_examples_of_the_specification() {
        use AccumulateMode::{Cumulate, Reverse, Standard};
        use AggregateArithmetic::{Avg, Count, Sum};
        let plain = |text: &str| Some((text.to_owned(), None));
        let mean = |text: &str, n: &str| Some((text.to_owned(), Some(n.to_owned())));
        assert_eq!(compute(Sum, Some(10), Some(3), Standard), plain("11"));
        assert_eq!(compute(Sum, Some(10), Some(3), Cumulate), plain("14"));
        assert_eq!(compute(Sum, Some(10), Some(3), Reverse), plain("7"));
        assert_eq!(compute(Avg, Some(10), Some(3), Standard), mean("10.5", "2"));
        assert_eq!(compute(Avg, Some(10), Some(3), Cumulate), mean("8", "3"));
        assert_eq!(compute(Avg, Some(10), Some(3), Reverse), mean("17", "1"));
        assert_eq!(compute(Count, Some(10), Some(3), Standard), plain("10"));
        assert_eq!(compute(Count, Some(10), Some(3), Cumulate), plain("11"));
        assert_eq!(compute(Count, Some(10), Some(3), Reverse), plain("9"));
        assert_eq!(compute(Count, Some(10), None, Standard), plain("11"));
        assert_eq!(compute(Count, Some(10), None, Reverse), None);
        assert_eq!(compute(Count, Some(0), Some(3), Standard), plain("1"));
        assert_eq!(compute(Count, Some(0), Some(3), Reverse), None);
        assert_eq!(compute(Sum, None, None, Standard), plain("4"));
        assert_eq!(compute(Avg, None, None, Standard), mean("4", "1"));
        assert_eq!(compute(Sum, None, Some(3), Reverse), None);
    }
}
