//! Numbers and texts as inline expressions with the results of memory (storage.md §5): every step of arithmetic is rounded
//! to 28 significant digits, half to even.

use nightowl_core::model::ComputeType;
use nightowl_core::port::StoreError;

use crate::sql::{Piece, PieceKind};

/// Rounds `{}`, which has to have more than 28 digits where it is not exact. `q` is the number, `d` its significant digits.
const ROUNDED: &str = "(SELECT CASE WHEN length(y.d) <= 28 THEN y.q \
     WHEN substr(y.d, 29) ~ '^50*$' AND substr(y.d, 28, 1) IN ('0', '2', '4', '6', '8') THEN trunc(y.q, scale(y.q) - length(y.d) + 28) \
     ELSE round(y.q, scale(y.q) - length(y.d) + 28) END \
     FROM (SELECT x.q, ltrim(replace(abs(x.q)::text, '.', ''), '0') AS d FROM (SELECT {} AS q OFFSET 0) AS x) AS y)";
/// A zero whose scale makes a quotient long enough.
const LONG_ZERO: &str = "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000";

/// The operator of a step of arithmetic, over two numbers.
pub(super) fn operator(compute: ComputeType) -> Option<&'static str> {
    Some(match compute {
        ComputeType::Add => "({})::numeric + ({})::numeric",
        ComputeType::Subtract => "({})::numeric - ({})::numeric",
        ComputeType::Multiply => "({})::numeric * ({})::numeric",
        ComputeType::Divide => "trim_scale((({})::numeric + LONG_ZERO) / ({})::numeric)",
        ComputeType::Modulus => "mod(({})::numeric, ({})::numeric)",
        _ => return None,
    })
}

/// Folds numbers from left to right.
pub(super) fn folded(operator: &str, elements: Vec<Piece>) -> Result<Piece, StoreError> {
    if let Some(other) = elements.iter().find(|element| !element.kind.is_number() && !matches!(element.kind, PieceKind::Boolean | PieceKind::Null)) {
        return Err(StoreError::UnsupportedComputation { reason: format!("a {} is no number to compute with", other.kind.name()) });
    }
    let step = ROUNDED.replace("{}", &operator.replace("LONG_ZERO", LONG_ZERO));
    elements
        .into_iter()
        .reduce(|left, right| Piece::template(&step, &[&left, &right], PieceKind::Number))
        .ok_or_else(|| StoreError::UnsupportedComputation { reason: "there is nothing to compute with".to_owned() })
}

/// The mean of a quoted column.
pub(super) fn average(column: &str) -> String {
    ROUNDED.replace("{}", &format!("trim_scale((sum({column})::numeric + {LONG_ZERO}) / nullif(count({column}), 0))"))
}

/// The text of each element, put together; null is empty.
pub(super) fn concatenated(elements: Vec<Piece>) -> Piece {
    Piece::call("concat", elements.into_iter().map(text), PieceKind::Text)
}

/// How many characters the texts of an element have.
pub(super) fn length(elements: &[Piece]) -> Piece {
    let null = Piece::new("NULL", PieceKind::Null);
    let element = text(elements.first().unwrap_or(&null).clone());
    Piece::template("length(coalesce({}, ''))", &[&element], PieceKind::Integer)
}

/// The text form of memory: moments and times with six digits where there is a fraction.
fn text(piece: Piece) -> Piece {
    let template = match piece.kind {
        PieceKind::Text => return piece,
        PieceKind::DateTime => "replace(to_char({}, 'YYYY-MM-DD HH24:MI:SS.US'), '.000000', '')",
        PieceKind::Time => "replace(to_char({}, 'HH24:MI:SS.US'), '.000000', '')",
        PieceKind::Date => "to_char({}, 'YYYY-MM-DD')",
        _ => "({})::text",
    };
    Piece::template(template, &[&piece], PieceKind::Text)
}
