//! Criteria with their values, as a store is asked.

use std::sync::Arc;

use crate::compile::TopicPlan;
use crate::model::ComputeType;
use crate::value::Value;

/// What is asked of the rows of one topic. Every statement also carries the tenant (D-18).
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// The topic.
    pub topic: &'a Arc<TopicPlan>,
    /// The principal's tenant; not used for synonyms.
    pub tenant_id: &'a str,
    /// Which rows.
    pub criterion: Criterion,
    /// At most so many rows are given; a caller that must notice more asks for one more.
    pub limit: usize,
    /// Whether the rows are locked until the transaction ends, where the store has row locks.
    pub lock: bool,
}

/// A condition on rows, with its values (storage.md §4). Values are aligned to the column they meet (D-29, V-37).
#[derive(Debug, Clone, PartialEq)]
pub enum Criterion {
    /// Decided already: `true` restricts nothing, `false` matches nothing.
    Always(bool),
    /// All of them; never empty.
    All(Vec<Criterion>),
    /// One of them; never empty.
    Any(Vec<Criterion>),
    /// Null, or the empty text.
    Empty(Operand),
    /// Neither null nor the empty text.
    NotEmpty(Operand),
    /// `IS NULL`.
    Null(Operand),
    /// `IS NOT NULL`.
    NotNull(Operand),
    /// A comparison; SQL's three-valued logic: null matches nothing.
    Compare {
        /// Left side.
        left: Operand,
        /// Operator.
        comparison: Comparison,
        /// Right side.
        right: Operand,
    },
    /// One of these values; null items match nothing. An empty list matches nothing, negated everything.
    In {
        /// The tested side.
        operand: Operand,
        /// The values.
        values: Vec<Value>,
        /// `NOT IN`.
        negated: bool,
    },
}

/// The six comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`.
    Equals,
    /// `<>`.
    NotEquals,
    /// `<`.
    Less,
    /// `<=`.
    LessEquals,
    /// `>`.
    More,
    /// `>=`.
    MoreEquals,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A column: its position in [`TopicPlan`]'s columns.
    Column(usize),
    /// A value.
    Value(Value),
    /// A computation over columns.
    Computed {
        /// What is computed.
        computation: Computation,
        /// Its elements, left to right.
        elements: Vec<Operand>,
    },
    /// `CASE WHEN`.
    Case {
        /// Conditions and their values, in order.
        routes: Vec<(Criterion, Operand)>,
        /// The value where no condition holds.
        otherwise: Option<Box<Operand>>,
    },
}

/// What a store computes over columns (storage.md §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computation {
    /// Arithmetic and date parts.
    Compute(ComputeType),
    /// Texts put together.
    Concat,
    /// Whole years between end and start.
    YearDiff,
    /// Whole months between end and start.
    MonthDiff,
    /// Calendar days between end and start.
    DayDiff,
    /// A moved date; refused by stores that can not do it.
    MoveDate,
    /// A date as text.
    FormatDate,
    /// Characters of a text, null counting 0.
    CharLength,
}

/// What is computed over the rows that a query matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// How many rows.
    Count,
    /// The sum of a column; null for no rows.
    Sum(usize),
    /// The mean of a column; null for no rows.
    Average(usize),
}

impl Computation {
    /// Its name in the log's form of criteria (engine.md §5.1).
    pub const fn operator(self) -> &'static str {
        match self {
            Self::Compute(compute_type) => compute_type.as_str(),
            Self::Concat => "concat",
            Self::YearDiff => "year-diff",
            Self::MonthDiff => "month-diff",
            Self::DayDiff => "day-diff",
            Self::MoveDate => "move-date",
            Self::FormatDate => "format-date",
            Self::CharLength => "char-length",
        }
    }
}
