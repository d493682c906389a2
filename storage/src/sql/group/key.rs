//! Reads by a key: conditions that ask nothing but columns to be equal to values.

use nightowl_core::compile::{Column, ColumnKind};
use nightowl_core::port::{Comparison, Criterion, Operand, Query};
use nightowl_core::value::Value;

use crate::sql::{SqlValue, convert};

/// The columns and values of a read by a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    /// The positions of the columns, ascending.
    pub columns: Vec<usize>,
    /// Their values as one text.
    pub values: String,
    /// Their values as they are bound.
    pub bound: Vec<SqlValue>,
    /// Whether a text is among them, whose equality is the column's affair.
    pub has_text: bool,
}

impl Key {
    /// The key that a query asks for; none where it asks for anything else.
    pub(super) fn of(query: &Query<'_>) -> Option<Self> {
        let mut pairs = match &query.criterion {
            Criterion::All(children) => children.iter().map(pair).collect::<Option<Vec<_>>>()?,
            single => vec![pair(single)?],
        };
        pairs.sort_by_key(|(column, _)| *column);
        if pairs.windows(2).any(|two| matches!(two, [(one, _), (other, _)] if one == other)) {
            return None;
        }
        let columns: Vec<usize> = pairs.iter().map(|(column, _)| *column).collect();
        let mut values = String::new();
        let mut bound = Vec::with_capacity(pairs.len());
        let mut has_text = false;
        for (column, value) in pairs {
            let column = query.topic.columns.get(column)?;
            if !is_exact(value, column.kind) {
                return None;
            }
            has_text |= matches!(column.kind, ColumnKind::Text { .. });
            bound.push(push(&mut values, value, column)?);
        }
        Some(Self { columns, values, bound, has_text })
    }
}

/// The values of a row at a key's columns, as one text; none where one is null, which equals nothing.
pub(super) fn values_of(row: &[Value], columns: &[usize], kinds: &[Column]) -> Option<String> {
    let mut values = String::new();
    for column in columns {
        push(&mut values, row.get(*column)?, kinds.get(*column)?)?;
    }
    Some(values)
}

fn pair(criterion: &Criterion) -> Option<(usize, &Value)> {
    match criterion {
        Criterion::Compare { left: Operand::Column(column), comparison: Comparison::Equals, right: Operand::Value(value) }
        | Criterion::Compare { left: Operand::Value(value), comparison: Comparison::Equals, right: Operand::Column(column) } => Some((*column, value)),
        _ => None,
    }
}

/// Whether a value is compared with a column of this kind by being the same.
fn is_exact(value: &Value, kind: ColumnKind) -> bool {
    match (kind, value) {
        (ColumnKind::Integer { .. }, Value::Number(number)) => number.to_i64().is_some(),
        (ColumnKind::Decimal { scale, .. }, Value::Number(number)) => number.normalized().scale() <= scale,
        (ColumnKind::Text { .. }, Value::Text(_)) | (ColumnKind::Date, Value::Date(_)) => true,
        _ => false,
    }
}

/// Appends a value; gives it as it is bound.
fn push(values: &mut String, value: &Value, column: &Column) -> Option<SqlValue> {
    if value.is_null() {
        return None;
    }
    let bound = convert::to_kind(value, column.kind)?;
    let text = convert::to_text(&bound);
    values.push_str(&text.len().to_string());
    values.push(':');
    values.push_str(&text);
    Some(bound)
}
