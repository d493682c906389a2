//! Conditions as SQL (storage.md §4): three-valued logic, every value bound in the kind of what it meets.

use nightowl_core::port::{Comparison, Criterion, Operand, StoreError};
use nightowl_core::value::Value;

use super::operand::Renderer;
use super::piece::{Piece, PieceKind};

/// How many values one `IN` may have.
const LARGEST_LIST: usize = 16_384;

impl Renderer<'_> {
    /// A condition; with its own parentheses where it could be torn apart.
    pub(super) fn condition(&self, criterion: &Criterion) -> Result<Piece, StoreError> {
        match criterion {
            Criterion::Always(true) => Ok(Piece::new("1 = 1", PieceKind::Boolean)),
            Criterion::Always(false) => Ok(Piece::new("1 = 0", PieceKind::Boolean)),
            Criterion::All(children) => self.joined(children, " AND "),
            Criterion::Any(children) => self.joined(children, " OR "),
            Criterion::Empty(operand) => self.empty(operand, false),
            Criterion::NotEmpty(operand) => self.empty(operand, true),
            Criterion::Null(operand) => Ok(suffixed(self.operand(operand, None)?, " IS NULL")),
            Criterion::NotNull(operand) => Ok(suffixed(self.operand(operand, None)?, " IS NOT NULL")),
            Criterion::Compare { left, comparison, right } => self.compare(left, *comparison, right),
            Criterion::In { operand, values, negated } => self.within(operand, values, *negated),
        }
    }

    fn joined(&self, children: &[Criterion], conjunction: &str) -> Result<Piece, StoreError> {
        if children.is_empty() {
            return Err(StoreError::UnsupportedCriteria { reason: "a joint has no conditions".to_owned() });
        }
        let mut joint = Piece::new("(", PieceKind::Boolean);
        for (position, child) in children.iter().enumerate() {
            if position > 0 {
                joint.push(conjunction);
            }
            joint.append(self.condition(child)?);
        }
        joint.push(")");
        Ok(joint)
    }

    /// Null or the empty text; what is not text is never empty without being null.
    fn empty(&self, operand: &Operand, negated: bool) -> Result<Piece, StoreError> {
        let tested = self.operand(operand, None)?;
        if tested.kind != PieceKind::Text {
            return Ok(suffixed(tested, if negated { " IS NOT NULL" } else { " IS NULL" }));
        }
        let mut both = Piece::new("(", PieceKind::Boolean);
        both.append(tested.clone());
        both.push(if negated { " IS NOT NULL AND " } else { " IS NULL OR " });
        both.append(tested);
        both.push(if negated { " <> '')" } else { " = '')" });
        Ok(both)
    }

    fn compare(&self, left: &Operand, comparison: Comparison, right: &Operand) -> Result<Piece, StoreError> {
        let (left, right) = self.both(left, right)?;
        self.compared(left, comparison, right)
    }

    /// Renders two sides; a value takes the kind of the other side.
    fn both(&self, left: &Operand, right: &Operand) -> Result<(Piece, Piece), StoreError> {
        match (left, right) {
            (Operand::Value(_), Operand::Value(_)) => Ok((self.operand(left, None)?, self.operand(right, None)?)),
            (Operand::Value(_), _) => {
                let right = self.operand(right, None)?;
                Ok((self.operand(left, Some(right.kind))?, right))
            }
            _ => {
                let left = self.operand(left, None)?;
                let right = self.operand(right, Some(left.kind))?;
                Ok((left, right))
            }
        }
    }

    fn compared(&self, left: Piece, comparison: Comparison, right: Piece) -> Result<Piece, StoreError> {
        use PieceKind::{Boolean, Date, DateTime, Decimal, Integer, Null, Number, Text};
        let operator = operator_of(comparison);
        let equality = matches!(comparison, Comparison::Equals | Comparison::NotEquals);
        match (left.kind, right.kind) {
            (Null, _) | (_, Null) => Ok(left.compared(operator, right)),
            (Integer | Boolean, Integer | Boolean) => Ok(left.compared(operator, right)),
            // Equal numbers of one scale are equal texts, so that an index serves (storage.md §11.3).
            (Decimal(one), Decimal(other)) if one == other && equality => Ok(left.compared(operator, right)),
            (Integer | Boolean | Decimal(_) | Number, Integer | Boolean | Decimal(_) | Number) => Ok(self.dialect.compare_numbers(left, operator, right)),
            (Date, DateTime) => Ok(self.dialect.midnight(left).compared(operator, right)),
            (DateTime, Date) => Ok(left.compared(operator, self.dialect.midnight(right))),
            (Text, Text) if !equality => Ok(self.dialect.compare_texts(left, operator, right)),
            (one, other) if one == other => Ok(left.compared(operator, right)),
            (one, other) => Err(StoreError::UnsupportedCriteria { reason: format!("a {} can not be compared with a {}", one.name(), other.name()) }),
        }
    }

    /// `IN` and `NOT IN`. Null items match nothing; the number of placeholders is a power of two, so that few texts serve
    /// all lengths.
    fn within(&self, operand: &Operand, values: &[Value], negated: bool) -> Result<Piece, StoreError> {
        let tested = self.operand(operand, None)?;
        let items = values.iter().filter(|value| !value.is_null()).map(|value| self.bind_for(value, tested.kind)).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = items.last().cloned() else {
            return Ok(Piece::new(if negated { "1 = 1" } else { "1 = 0" }, PieceKind::Boolean));
        };
        if items.len() > LARGEST_LIST {
            return Err(StoreError::UnsupportedCriteria { reason: format!("a list has {} values, more than {LARGEST_LIST}", items.len()) });
        }
        if tested.kind == PieceKind::Number || items.iter().any(|item| item.kind != tested.kind) {
            return self.one_by_one(&tested, items, negated);
        }
        let missing = items.len().next_power_of_two() - items.len();
        let mut list = suffixed(tested, if negated { " NOT IN (" } else { " IN (" });
        for (position, item) in items.into_iter().chain(std::iter::repeat_n(last, missing)).enumerate() {
            if position > 0 {
                list.push(", ");
            }
            list.append(item);
        }
        list.push(")");
        Ok(list)
    }

    /// The same by single comparisons, where equal values need not be written equally.
    fn one_by_one(&self, tested: &Piece, items: Vec<Piece>, negated: bool) -> Result<Piece, StoreError> {
        let (comparison, conjunction) = if negated { (Comparison::NotEquals, " AND ") } else { (Comparison::Equals, " OR ") };
        let mut list = Piece::new("(", PieceKind::Boolean);
        for (position, item) in items.into_iter().enumerate() {
            if position > 0 {
                list.push(conjunction);
            }
            list.append(self.compared(tested.clone(), comparison, item)?);
        }
        list.push(")");
        Ok(list)
    }
}

/// A condition that begins with an expression.
fn suffixed(mut piece: Piece, suffix: &str) -> Piece {
    piece.push(suffix);
    piece.kind = PieceKind::Boolean;
    piece
}

const fn operator_of(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equals => "=",
        Comparison::NotEquals => "<>",
        Comparison::Less => "<",
        Comparison::LessEquals => "<=",
        Comparison::More => ">",
        Comparison::MoreEquals => ">=",
    }
}
