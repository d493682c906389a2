//! Days and moments as inline expressions, by the rules of storage.md §5.

use nightowl_core::model::ComputeType;
use nightowl_core::port::{Computation, StoreError};

use crate::sql::{Piece, PieceKind, SqlValue};

/// Years from `{s}` to `{e}`, which is not before it.
const YEARS: &str = "(extract(year FROM {e}) - extract(year FROM {s}) - CASE WHEN extract(month FROM {e}) < extract(month FROM {s}) OR \
     (extract(month FROM {e}) = extract(month FROM {s}) AND extract(day FROM {e}) < extract(day FROM {s}) AND NOT (extract(month FROM {e}) = 2 AND {e} = {last})) \
     THEN 1 ELSE 0 END)::int8";
/// Months from `{s}` to `{e}`, which is not before it.
const MONTHS: &str = "((extract(year FROM {e}) - extract(year FROM {s})) * 12 + extract(month FROM {e}) - extract(month FROM {s}) - \
     CASE WHEN extract(day FROM {e}) < extract(day FROM {s}) AND {e} <> {last} THEN 1 ELSE 0 END)::int8";
const LAST_OF_MONTH: &str = "(date_trunc('month', {e}) + interval '1 month' - interval '1 day')::date";

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
        ComputeType::YearOf => "extract(year FROM {})::int8",
        ComputeType::HalfYearOf => "((extract(month FROM {})::int8 + 5) / 6)",
        ComputeType::QuarterOf => "extract(quarter FROM {})::int8",
        ComputeType::MonthOf => "extract(month FROM {})::int8",
        ComputeType::WeekOfYear => "((extract(doy FROM {})::int8 + 6 - extract(dow FROM {})::int8) / 7)",
        ComputeType::WeekOfMonth => "((extract(day FROM {})::int8 + 6 - extract(dow FROM {})::int8) / 7)",
        ComputeType::DayOfMonth => "extract(day FROM {})::int8",
        ComputeType::DayOfWeek => "(extract(dow FROM {})::int8 + 1)",
        _ => return Err(unsupported("this type of computation is no expression")),
    };
    let moment = Piece::template("({})::timestamp", &[date(elements, 0)?], PieceKind::DateTime);
    Ok(Piece::template(template, &[&moment, &moment], PieceKind::Integer))
}

/// Whole years, months or days from the second to the first.
pub(super) fn difference(computation: Computation, elements: &[Piece]) -> Result<Piece, StoreError> {
    let day = |position| date(elements, position).map(|piece| Piece::template("({})::date", &[piece], PieceKind::Date));
    let (end, start) = (day(0)?, day(1)?);
    let forward = match computation {
        Computation::YearDiff => YEARS,
        Computation::MonthDiff => MONTHS,
        _ => return Ok(Piece::template("({} - {})::int8", &[&end, &start], PieceKind::Integer)),
    };
    let forward = forward.replace("{last}", LAST_OF_MONTH);
    let later = Piece::named_template(&forward, &[("e", &end), ("s", &start)], PieceKind::Integer);
    let earlier = Piece::named_template(&forward, &[("e", &start), ("s", &end)], PieceKind::Integer);
    Ok(Piece::template("(CASE WHEN {} >= {} THEN {} ELSE -{} END)", &[&end, &start, &later, &earlier], PieceKind::Integer))
}

/// A date by a pattern, which has to be a constant.
pub(super) fn formatted(elements: &[Piece]) -> Result<Piece, StoreError> {
    let moment = date(elements, 0)?;
    let Some([SqlValue::Text(pattern)]) = elements.get(1).map(|piece| piece.values.as_slice()) else {
        return Err(unsupported("the format of a date has to be a constant"));
    };
    let pattern = Piece { sql: "?::text".to_owned(), values: vec![SqlValue::Text(translated(pattern).into())], kind: PieceKind::Text };
    Ok(Piece::template("to_char(({})::timestamp, {})", &[moment, &pattern], PieceKind::Text))
}

/// The pattern of the server; what is no letter of a format stands in quotes (Q5: one pass).
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 4);
    for letter in pattern.chars() {
        let token = match letter {
            'Y' => "YYYY",
            'y' => "YY",
            'M' => "MM",
            'D' => "DD",
            'h' => "HH24",
            'H' => "HH12",
            'm' => "MI",
            's' => "SS",
            'W' => "FMDay",
            'w' => "Dy",
            'B' => "FMMonth",
            'b' => "Mon",
            'p' => "AM",
            '"' => r#""\"""#,
            '\\' => r#""\\""#,
            other => {
                out.extend(['"', other, '"']);
                continue;
            }
        };
        out.push_str(token);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_translated_in_one_pass() {
        assert_eq!(translated("Y-M h"), r#"YYYY"-"MM" "HH24"#);
        assert_eq!(translated("\"W\\"), r#""\""FMDay"\\""#);
    }
}
