//! Aggregates kept in a row: sum, average, count under three accumulate modes (engine.md §3.9).

use super::ActionError;
use crate::model::{AccumulateMode, AggregateArithmetic};
use crate::value::Decimal;

/// What an aggregate is computed from. Anything that is no number counts 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AggregateInput<'a> {
    /// The factor, for messages.
    pub factor: &'a str,
    /// The factor's value in the row that is there; `None` where there is no row.
    pub original: Option<Decimal>,
    /// How many values the average in that row has.
    pub average_count: Decimal,
    /// The source with the current trigger data.
    pub current: Decimal,
    /// The source with the previous trigger data; `None` where the trigger has none.
    pub previous: Option<Decimal>,
    /// The mode.
    pub mode: AccumulateMode,
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
enum Change {
    /// The first value of a row that is not there yet.
    First,
    /// One more value.
    Add,
    /// One value less.
    Remove(Decimal),
    /// One value replaced by another.
    Replace(Decimal),
}

/// Computes an aggregate. `None` stands where the arithmetic is no aggregate.
pub(crate) fn aggregate(arithmetic: AggregateArithmetic, input: &AggregateInput<'_>) -> Result<Option<Aggregated>, ActionError> {
    let change = change_of(arithmetic, input)?;
    match arithmetic {
        AggregateArithmetic::None => Ok(None),
        AggregateArithmetic::Sum => sum(&change, input).map(Some),
        AggregateArithmetic::Avg => average(&change, input).map(Some),
        AggregateArithmetic::Count => count(&change, input).map(Some),
    }
}

fn failure(arithmetic: AggregateArithmetic, input: &AggregateInput<'_>, reason: &'static str) -> ActionError {
    ActionError::Aggregate { arithmetic: arithmetic.as_str(), factor: input.factor.to_owned(), reason }
}

fn change_of(arithmetic: AggregateArithmetic, input: &AggregateInput<'_>) -> Result<Change, ActionError> {
    match (input.original, input.mode, input.previous) {
        (None, AccumulateMode::Reverse, _) => Err(failure(arithmetic, input, "there is no row to take a value from (accumulate mode reverse)")),
        (None, _, _) => Ok(Change::First),
        (Some(_), AccumulateMode::Cumulate, _) => Ok(Change::Add),
        (Some(_), AccumulateMode::Reverse, Some(previous)) => Ok(Change::Remove(previous)),
        (Some(_), AccumulateMode::Standard, Some(previous)) => Ok(Change::Replace(previous)),
        (Some(_), AccumulateMode::Reverse, None) => Err(failure(arithmetic, input, "the trigger has no previous data to take away (accumulate mode reverse)")),
        (Some(_), AccumulateMode::Standard, None) => Ok(Change::Add),
    }
}

fn sum(change: &Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let original = input.original.unwrap_or(Decimal::ZERO);
    let value = match change {
        Change::First => Ok(input.current),
        Change::Add => original.plus(input.current),
        Change::Remove(previous) => original.minus(*previous),
        Change::Replace(previous) => original.minus(*previous).and_then(|rest| rest.plus(input.current)),
    };
    let value = value.map_err(|error| out_of_range(AggregateArithmetic::Sum, input, error))?;
    Ok(Aggregated { value, average_count: None })
}

fn average(change: &Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let original = input.original.unwrap_or(Decimal::ZERO);
    let n = input.average_count;
    let one = Decimal::ONE;
    let result = match change {
        Change::First => Ok((input.current, one)),
        Change::Add => (|| {
            let more = n.plus(one)?;
            Ok((original.times(n)?.plus(input.current)?.divided_by(more)?, more))
        })(),
        Change::Remove(_) | Change::Replace(_) if n.is_zero() => {
            return Err(failure(AggregateArithmetic::Avg, input, "the row does not know how many values its average has"));
        }
        Change::Remove(_) if n == one => Ok((Decimal::ZERO, Decimal::ZERO)),
        Change::Remove(previous) => (|| {
            let fewer = n.minus(one)?;
            Ok((original.times(n)?.minus(*previous)?.divided_by(fewer)?, fewer))
        })(),
        Change::Replace(previous) => (|| Ok((original.times(n)?.plus(input.current)?.minus(*previous)?.divided_by(n)?, n)))(),
    };
    let (value, count) = result.map_err(|error| out_of_range(AggregateArithmetic::Avg, input, error))?;
    Ok(Aggregated { value, average_count: Some(count) })
}

fn count(change: &Change, input: &AggregateInput<'_>) -> Result<Aggregated, ActionError> {
    let original = input.original.unwrap_or(Decimal::ZERO);
    let one = Decimal::ONE;
    let original = original.remainder(one).and_then(|fraction| original.minus(fraction)).unwrap_or(original);
    let value = match change {
        Change::First => Ok(one),
        Change::Add => original.plus(one),
        Change::Remove(_) if original <= Decimal::ZERO => {
            return Err(failure(AggregateArithmetic::Count, input, "the count is 0 already"));
        }
        Change::Remove(_) => original.minus(one),
        Change::Replace(_) => Ok(if original.is_zero() { one } else { original }),
    };
    let value = value.map_err(|error| out_of_range(AggregateArithmetic::Count, input, error))?;
    Ok(Aggregated { value, average_count: None })
}

fn out_of_range(arithmetic: AggregateArithmetic, input: &AggregateInput<'_>, _error: crate::value::DecimalError) -> ActionError {
    failure(arithmetic, input, "the result has more digits than a number can hold")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(original: Option<i64>, previous: Option<i64>, mode: AccumulateMode) -> AggregateInput<'static> {
        AggregateInput {
            factor: "f",
            original: original.map(Decimal::from),
            average_count: Decimal::from(2),
            current: Decimal::from(4),
            previous: previous.map(Decimal::from),
            mode,
        }
    }

    fn compute(arithmetic: AggregateArithmetic, original: Option<i64>, previous: Option<i64>, mode: AccumulateMode) -> Option<(String, Option<String>)> {
        aggregate(arithmetic, &input(original, previous, mode))
            .ok()
            .flatten()
            .map(|result| (result.value.to_string(), result.average_count.map(|count| count.to_string())))
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
