//! Days and moments as inline expressions, by the rules of storage.md §5.

use nightowl_core::model::ComputeType;
use nightowl_core::port::{Computation, StoreError};

use crate::sql::{Piece, PieceKind, SqlValue};

/// Years from `{s}` to `{e}`, which is not before it.
const YEARS: &str = "(YEAR({e}) - YEAR({s}) - CASE WHEN MONTH({e}) < MONTH({s}) OR \
     (MONTH({e}) = MONTH({s}) AND DAYOFMONTH({e}) < DAYOFMONTH({s}) AND NOT (MONTH({e}) = 2 AND {e} = LAST_DAY({e}))) THEN 1 ELSE 0 END)";
/// Months from `{s}` to `{e}`, which is not before it.
const MONTHS: &str = "((YEAR({e}) - YEAR({s})) * 12 + MONTH({e}) - MONTH({s}) - \
     CASE WHEN DAYOFMONTH({e}) < DAYOFMONTH({s}) AND {e} <> LAST_DAY({e}) THEN 1 ELSE 0 END)";

fn unsupported(reason: impl Into<String>) -> StoreError {
    StoreError::UnsupportedComputation { reason: reason.into() }
}

/// A day or moment, or the null of what is unknown.
fn date(elements: &[Piece], position: usize) -> Result<&Piece, StoreError> {
    let piece = elements.get(position).ok_or_else(|| unsupported("a date is missing"))?;
    match piece.kind {
        PieceKind::Date | PieceKind::DateTime | PieceKind::Null => Ok(piece),
        other => Err(unsupported(format!("a {} is no date", other.name()))),
    }
}

/// A part of a date.
pub(super) fn part(compute: ComputeType, elements: &[Piece]) -> Result<Piece, StoreError> {
    let template = match compute {
        ComputeType::YearOf => "YEAR({})",
        ComputeType::HalfYearOf => "((MONTH({}) + 5) DIV 6)",
        ComputeType::QuarterOf => "QUARTER({})",
        ComputeType::MonthOf => "MONTH({})",
        ComputeType::WeekOfYear => "WEEK({}, 0)",
        ComputeType::WeekOfMonth => "((DAYOFMONTH({}) + 7 - DAYOFWEEK({})) DIV 7)",
        ComputeType::DayOfMonth => "DAYOFMONTH({})",
        ComputeType::DayOfWeek => "DAYOFWEEK({})",
        _ => return Err(unsupported("this type of computation is no expression")),
    };
    let moment = date(elements, 0)?;
    Ok(Piece::template(template, &[moment, moment], PieceKind::Integer))
}

/// Whole years, months or days from the second to the first.
pub(super) fn difference(computation: Computation, elements: &[Piece]) -> Result<Piece, StoreError> {
    let day = |position| date(elements, position).map(|piece| Piece::template("DATE({})", &[piece], PieceKind::Date));
    let (end, start) = (day(0)?, day(1)?);
    let forward = match computation {
        Computation::YearDiff => YEARS,
        Computation::MonthDiff => MONTHS,
        _ => return Ok(Piece::template("DATEDIFF({}, {})", &[&end, &start], PieceKind::Integer)),
    };
    let later = Piece::named_template(forward, &[("e", &end), ("s", &start)], PieceKind::Integer);
    let earlier = Piece::named_template(forward, &[("e", &start), ("s", &end)], PieceKind::Integer);
    Ok(Piece::template("(CASE WHEN {} >= {} THEN {} ELSE -{} END)", &[&end, &start, &later, &earlier], PieceKind::Integer))
}

/// A date by a pattern, which has to be a constant.
pub(super) fn formatted(elements: &[Piece]) -> Result<Piece, StoreError> {
    let moment = date(elements, 0)?;
    let Some([SqlValue::Text(pattern)]) = elements.get(1).map(|piece| piece.values.as_slice()) else {
        return Err(unsupported("the format of a date has to be a constant"));
    };
    let pattern = Piece::bound(SqlValue::Text(translated(pattern).into()), PieceKind::Text);
    Ok(Piece::template("DATE_FORMAT({}, {})", &[moment, &pattern], PieceKind::Text))
}

/// The pattern of the server, in one pass (Q5).
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    for letter in pattern.chars() {
        let code = match letter {
            'm' => 'i',
            'M' => 'm',
            's' => 'S',
            'h' => 'H',
            'H' => 'h',
            'D' => 'd',
            'B' => 'M',
            'w' => 'a',
            'Y' | 'y' | 'W' | 'b' | 'p' | '%' => letter,
            _ => {
                out.push(letter);
                continue;
            }
        };
        out.extend(['%', code]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_translated_in_one_pass() {
        assert_eq!(translated("Y-M-D h:m:s"), "%Y-%m-%d %H:%i:%S");
        assert_eq!(translated("y B b W w H p %"), "%y %M %b %W %a %h %p %%");
    }
}
