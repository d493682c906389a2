//! Sides of conditions as SQL: columns, values, computations, cases (storage.md §5).

use std::sync::Arc;

use nightowl_core::port::{Computation, Criterion, Operand, StoreError};
use nightowl_core::value::Value;

use super::piece::{Piece, PieceKind};
use super::statements::PlanStatements;
use super::{Dialect, SqlValue, convert};

/// Renders conditions over one topic for one dialect.
#[derive(Debug)]
pub(super) struct Renderer<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) statements: &'a PlanStatements,
}

impl Renderer<'_> {
    /// An expression. A value is bound in the kind that it meets, where there is one, else in its own.
    pub(super) fn operand(&self, operand: &Operand, meets: Option<PieceKind>) -> Result<Piece, StoreError> {
        match operand {
            Operand::Column(position) => self.column(*position),
            Operand::Value(value) => match meets {
                Some(kind) => self.bind_for(value, kind),
                None => self.bind_as_is(value),
            },
            Operand::Computed { computation, elements } => self.computed(*computation, elements),
            Operand::Case { routes, otherwise } => self.case(routes, otherwise.as_deref(), meets),
        }
    }

    /// A value in the kind of the side that it meets.
    pub(super) fn bind_for(&self, value: &Value, kind: PieceKind) -> Result<Piece, StoreError> {
        bind_for(value, kind).map(|piece| self.placed(piece))
    }

    /// A value in its own kind.
    fn bind_as_is(&self, value: &Value) -> Result<Piece, StoreError> {
        bind_as_is(value).map(|piece| self.placed(piece))
    }

    fn placed(&self, mut piece: Piece) -> Piece {
        if let Some(value) = piece.values.first() {
            piece.sql = self.dialect.placeholder(value, piece.kind);
        }
        piece
    }

    fn column(&self, position: usize) -> Result<Piece, StoreError> {
        match (self.statements.columns.get(position), self.statements.kinds.get(position)) {
            (Some(name), Some(kind)) => Ok(Piece::new(name.as_str(), PieceKind::of_column(*kind))),
            _ => Err(StoreError::UnsupportedCriteria { reason: format!("table {} has no column {position}", self.statements.table) }),
        }
    }

    fn computed(&self, computation: Computation, elements: &[Operand]) -> Result<Piece, StoreError> {
        let mut rendered = elements.iter().map(|element| self.operand(element, None)).collect::<Result<Vec<_>, _>>()?;
        if matches!(computation, Computation::Concat | Computation::CharLength) {
            rendered = rendered.into_iter().map(boolean_as_text).collect();
        }
        self.dialect.compute(computation, rendered)
    }

    /// `CASE WHEN`. The kind is that of the first value that is not null; numbers may differ in scale.
    fn case(&self, routes: &[(Criterion, Operand)], otherwise: Option<&Operand>, meets: Option<PieceKind>) -> Result<Piece, StoreError> {
        if routes.is_empty() {
            return otherwise.map_or_else(|| Ok(null()), |operand| self.operand(operand, meets));
        }
        let mut case = Piece::new("CASE", PieceKind::Null);
        for (condition, value) in routes {
            let value = self.operand(value, meets)?;
            case.kind = common(case.kind, value.kind)?;
            case.push(" WHEN ");
            case.append(self.condition(condition)?);
            case.push(" THEN ");
            case.append(value);
        }
        if let Some(otherwise) = otherwise {
            let value = self.operand(otherwise, meets)?;
            case.kind = common(case.kind, value.kind)?;
            case.push(" ELSE ");
            case.append(value);
        }
        case.push(" END");
        Ok(case)
    }
}

/// What both kinds are.
fn common(one: PieceKind, other: PieceKind) -> Result<PieceKind, StoreError> {
    match (one, other) {
        (PieceKind::Null, kind) | (kind, PieceKind::Null) => Ok(kind),
        (one, other) if one == other => Ok(one),
        (one, other) if one.is_number() && other.is_number() => Ok(PieceKind::Number),
        (one, other) => {
            Err(StoreError::UnsupportedComputation { reason: format!("a case gives a {} or a {}; make its values the same kind", one.name(), other.name()) })
        }
    }
}

fn null() -> Piece {
    Piece::new("NULL", PieceKind::Null)
}

/// A boolean is stored as a number, but its text is `true` or `false` (V-03).
fn boolean_as_text(piece: Piece) -> Piece {
    if piece.kind != PieceKind::Boolean {
        return piece;
    }
    let mut text = Piece::new("CASE ", PieceKind::Text);
    text.append(piece);
    text.push(" WHEN 0 THEN 'false' WHEN 1 THEN 'true' END");
    text
}

/// A value in its own kind.
fn bind_as_is(value: &Value) -> Result<Piece, StoreError> {
    Ok(match value {
        Value::Null => null(),
        Value::Boolean(flag) => Piece::bound(SqlValue::Integer(i64::from(*flag)), PieceKind::Boolean),
        Value::Number(number) => match (number.scale(), number.to_i64()) {
            (0, Some(integer)) => Piece::bound(SqlValue::Integer(integer), PieceKind::Integer),
            _ => Piece::bound(SqlValue::Decimal(*number, number.scale()), PieceKind::Number),
        },
        Value::Text(text) => Piece::bound(SqlValue::Text(Arc::clone(text)), PieceKind::Text),
        Value::Date(day) => Piece::bound(SqlValue::Date(*day), PieceKind::Date),
        Value::DateTime(moment) => Piece::bound(SqlValue::DateTime(*moment), PieceKind::DateTime),
        Value::Time(time) => Piece::bound(SqlValue::Time(*time), PieceKind::Time),
        Value::Literal(_) | Value::Array(_) | Value::Object(_) => return Err(unbound(value, PieceKind::Null)),
    })
}

/// A value in the kind of the side that it meets. The engine has aligned it before (D-29, V-37): what can not be bound
/// here is refused, not guessed.
fn bind_for(value: &Value, kind: PieceKind) -> Result<Piece, StoreError> {
    let bound = match (kind, value) {
        (_, Value::Null) => return Ok(null()),
        (PieceKind::Null, _) => return bind_as_is(value),
        (PieceKind::Integer | PieceKind::Boolean, Value::Boolean(flag)) => SqlValue::Integer(i64::from(*flag)),
        (PieceKind::Integer | PieceKind::Boolean, Value::Number(number)) => match number.to_i64() {
            Some(integer) => SqlValue::Integer(integer),
            None => return Ok(any_scale(*number)),
        },
        // A number with more digits than the column keeps is never equal to one in it, but may stand before or after.
        (PieceKind::Decimal(scale), Value::Number(number)) if number.normalized().scale() > scale => return Ok(any_scale(*number)),
        (PieceKind::Decimal(scale), Value::Number(number)) => SqlValue::Decimal(*number, scale),
        (PieceKind::Number, Value::Number(number)) => return Ok(any_scale(*number)),
        (PieceKind::Decimal(_) | PieceKind::Number, Value::Boolean(_)) => return bind_as_is(value),
        (PieceKind::Text, Value::Text(text)) => SqlValue::Text(Arc::clone(text)),
        // Against a day only the day is bound, against a moment the midnight of a day (values.md §6.5).
        (PieceKind::Date, Value::Date(day)) => SqlValue::Date(*day),
        (PieceKind::Date, Value::DateTime(moment)) => SqlValue::Date(moment.date()),
        (PieceKind::DateTime, Value::DateTime(moment)) => SqlValue::DateTime(*moment),
        (PieceKind::DateTime, Value::Date(day)) => SqlValue::DateTime(day.and_time(chrono::NaiveTime::MIN)),
        (PieceKind::Time, Value::Time(time)) => SqlValue::Time(*time),
        _ => return Err(unbound(value, kind)),
    };
    Ok(Piece::bound(bound, kind))
}

fn any_scale(number: nightowl_core::value::Decimal) -> Piece {
    Piece::bound(SqlValue::Decimal(number, number.scale()), PieceKind::Number)
}

fn unbound(value: &Value, kind: PieceKind) -> StoreError {
    let met = if kind == PieceKind::Null { "a condition".to_owned() } else { format!("a {}", kind.name()) };
    StoreError::UnsupportedCriteria { reason: format!("a {} can not be compared with {met}", value.kind()) }
}

/// The text of every bound value, as a recorded statement shows it.
pub(super) fn texts(values: &[SqlValue]) -> Vec<String> {
    values.iter().map(convert::to_text).collect()
}
