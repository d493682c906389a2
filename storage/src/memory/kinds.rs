//! What conditions compare, known before a row is read: what SQL would refuse is refused here, rows or not.

use nightowl_core::compile::TopicPlan;
use nightowl_core::model::ComputeType;
use nightowl_core::port::{Computation, Criterion, Operand, StoreError};
use nightowl_core::value::{Arithmetic, Value};

use crate::sql::PieceKind;

/// Checks a condition.
pub(super) fn check(criterion: &Criterion, plan: &TopicPlan) -> Result<(), StoreError> {
    match criterion {
        Criterion::Always(_) => Ok(()),
        Criterion::All(children) | Criterion::Any(children) => {
            if children.is_empty() {
                return Err(unsupported("a joint has no conditions"));
            }
            children.iter().try_for_each(|child| check(child, plan))
        }
        Criterion::Empty(operand) | Criterion::NotEmpty(operand) | Criterion::Null(operand) | Criterion::NotNull(operand) => kind(operand, plan).map(|_| ()),
        Criterion::Compare { left, right, .. } => comparable(kind(left, plan)?, kind(right, plan)?),
        Criterion::In { operand, values, .. } => {
            let tested = kind(operand, plan)?;
            values.iter().try_for_each(|value| comparable(tested, kind_of(value)))
        }
    }
}

/// What an operand yields.
pub(super) fn kind(operand: &Operand, plan: &TopicPlan) -> Result<PieceKind, StoreError> {
    match operand {
        Operand::Column(position) => match plan.columns.get(*position) {
            Some(column) => Ok(PieceKind::of_column(column.kind)),
            None => Err(unsupported("a column is not there")),
        },
        Operand::Value(value) => Ok(kind_of(value)),
        Operand::Computed { computation, elements } => {
            let kinds = elements.iter().map(|element| kind(element, plan)).collect::<Result<Vec<_>, _>>()?;
            computed(*computation, &kinds)
        }
        Operand::Case { routes, otherwise } => {
            let mut common = PieceKind::Null;
            for (condition, value) in routes {
                check(condition, plan)?;
                common = merge(common, kind(value, plan)?)?;
            }
            match otherwise {
                Some(otherwise) => merge(common, kind(otherwise, plan)?),
                None => Ok(common),
            }
        }
    }
}

fn computed(computation: Computation, elements: &[PieceKind]) -> Result<PieceKind, StoreError> {
    Ok(match computation {
        Computation::Compute(compute) if Arithmetic::of_compute(compute).is_some() => PieceKind::Number,
        Computation::Compute(ComputeType::None | ComputeType::CaseThen) => {
            return Err(StoreError::UnsupportedComputation { reason: "this type of computation is no expression".to_owned() });
        }
        Computation::Compute(_) | Computation::YearDiff | Computation::MonthDiff | Computation::DayDiff | Computation::CharLength => PieceKind::Integer,
        Computation::Concat | Computation::FormatDate => PieceKind::Text,
        Computation::MoveDate if elements.first() == Some(&PieceKind::Date) => PieceKind::Date,
        Computation::MoveDate => PieceKind::DateTime,
    })
}

const fn kind_of(value: &Value) -> PieceKind {
    match value {
        Value::Null => PieceKind::Null,
        Value::Boolean(_) => PieceKind::Boolean,
        Value::Number(_) | Value::Literal(_) => PieceKind::Number,
        Value::Text(_) => PieceKind::Text,
        Value::Date(_) => PieceKind::Date,
        Value::DateTime(_) => PieceKind::DateTime,
        Value::Time(_) => PieceKind::Time,
        Value::Array(_) | Value::Object(_) => PieceKind::Json,
    }
}

fn merge(one: PieceKind, other: PieceKind) -> Result<PieceKind, StoreError> {
    match (one, other) {
        (PieceKind::Null, kind) | (kind, PieceKind::Null) => Ok(kind),
        (one, other) if one == other => Ok(one),
        (one, other) if one.is_number() && other.is_number() => Ok(PieceKind::Number),
        _ => Err(StoreError::UnsupportedComputation { reason: "the values of a case are of different kinds".to_owned() }),
    }
}

fn comparable(one: PieceKind, other: PieceKind) -> Result<(), StoreError> {
    let group = |kind: PieceKind| match kind {
        PieceKind::Integer | PieceKind::Decimal(_) | PieceKind::Number | PieceKind::Boolean => PieceKind::Number,
        PieceKind::Date | PieceKind::DateTime => PieceKind::DateTime,
        other => other,
    };
    if one == PieceKind::Null || other == PieceKind::Null || group(one) == group(other) {
        return Ok(());
    }
    Err(unsupported(&format!("a {} can not be compared with a {}", one.name(), other.name())))
}

fn unsupported(reason: &str) -> StoreError {
    StoreError::UnsupportedCriteria { reason: reason.to_owned() }
}
