//! Numbers and texts as inline expressions (storage.md §5). Sums, differences and products are exact up to 65 digits;
//! quotients are rounded to 28 significant digits as in memory.

use nightowl_core::model::ComputeType;
use nightowl_core::port::StoreError;

use crate::sql::{Piece, PieceKind};

/// Rounds the number `{q}` to 28 significant digits.
const ROUNDED: &str = "ROUND({q}, LEAST({scale}, {scale} - CHAR_LENGTH(TRIM(LEADING '0' FROM REPLACE(CAST(ABS({q}) AS CHAR), '.', ''))) + 28))";
const SCALE: &str = "CHAR_LENGTH(SUBSTRING_INDEX(CAST(ABS({q}) AS CHAR), '.', -1))";
/// A divisor; zero, by which MySQL divides to null, is an integer that is out of range.
const DIVISOR: &str = "CASE WHEN ({}) = 0 THEN 18446744073709551615 + (({}) = 0) ELSE ({}) END";

/// The operator of a step of arithmetic, over two numbers: `{l}` and `{r}`.
pub(super) fn operator(compute: ComputeType) -> Option<String> {
    let divisor = DIVISOR.replace("{}", "{r}");
    Some(match compute {
        ComputeType::Add => "(({l}) + ({r}))".to_owned(),
        ComputeType::Subtract => "(({l}) - ({r}))".to_owned(),
        ComputeType::Multiply => "(({l}) * ({r}))".to_owned(),
        ComputeType::Divide => rounded(&format!("(({{l}}) / {divisor})")),
        ComputeType::Modulus => format!("MOD(({{l}}), {divisor})"),
        _ => return None,
    })
}

fn rounded(number: &str) -> String {
    ROUNDED.replace("{scale}", SCALE).replace("{q}", number)
}

/// Folds numbers from left to right.
pub(super) fn folded(operator: &str, elements: Vec<Piece>) -> Result<Piece, StoreError> {
    if let Some(other) = elements.iter().find(|element| !element.kind.is_number() && !matches!(element.kind, PieceKind::Boolean | PieceKind::Null)) {
        return Err(StoreError::UnsupportedComputation { reason: format!("a {} is no number to compute with", other.kind.name()) });
    }
    elements
        .into_iter()
        .reduce(|left, right| Piece::named_template(operator, &[("l", &left), ("r", &right)], PieceKind::Number))
        .ok_or_else(|| StoreError::UnsupportedComputation { reason: "there is nothing to compute with".to_owned() })
}

/// The mean of a quoted column, without zeros at its end.
pub(super) fn average(column: &str) -> String {
    format!("TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST({} AS CHAR)))", rounded(&format!("AVG({column})")))
}

/// The text of each element, put together; null is empty. Texts of columns and of functions have to be told the same
/// collation.
pub(super) fn concatenated(elements: Vec<Piece>, collation: &str) -> Piece {
    let template = format!("CONVERT(IFNULL({{}}, '') USING utf8mb4) COLLATE {collation}");
    let texts = elements.into_iter().map(|element| Piece::template(&template, &[&text(element)], PieceKind::Text));
    Piece::call("CONCAT", texts, PieceKind::Text)
}

/// How many characters the texts of an element have.
pub(super) fn length(elements: &[Piece]) -> Piece {
    let null = Piece::new("NULL", PieceKind::Null);
    let element = text(elements.first().unwrap_or(&null).clone());
    Piece::template("CHAR_LENGTH(IFNULL({}, ''))", &[&element], PieceKind::Integer)
}

/// The text form of memory: moments and times with six digits where there is a fraction.
fn text(piece: Piece) -> Piece {
    let template = match piece.kind {
        PieceKind::Text => return piece,
        PieceKind::DateTime => "REPLACE(DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f'), '.000000', '')",
        PieceKind::Time => "REPLACE(TIME_FORMAT({}, '%H:%i:%s.%f'), '.000000', '')",
        PieceKind::Date => "DATE_FORMAT({}, '%Y-%m-%d')",
        _ => "CAST({} AS CHAR)",
    };
    Piece::template(template, &[&piece], PieceKind::Text)
}
