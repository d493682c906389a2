//! Which index of a topic serves a `by` (storage.md §11.5).

use super::{IndexPlan, TopicPlan};
use crate::model::{Condition, Expression, Joint, JointType, Operator, Parameter, ParameterKind};

/// An index and how much of it a `by` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexUse<'a> {
    /// The index.
    pub index: &'a IndexPlan,
    /// How many of its factors are used, from the first on.
    pub factors: usize,
    /// Whether it is unique and the `by` pins all of it: at most one row is found.
    pub finds_one: bool,
}

/// How a column is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// To one value.
    One,
    /// To some values.
    List,
    /// To a range.
    Range,
}

impl TopicPlan {
    /// The index that serves a `by` best; `None` where every row has to be looked at.
    pub fn index_for(&self, by: &Joint) -> Option<IndexUse<'_>> {
        if by.joint_type == JointType::Or && by.filters.len() > 1 {
            // Each branch has to be served; the first one's index stands for all.
            let mut served = by.filters.iter().map(|filter| self.index_for_branch(filter));
            let first = served.next()??;
            return served.all(|branch| branch.is_some()).then_some(IndexUse { finds_one: false, ..first });
        }
        let mut bounds = Vec::new();
        self.collect(by, &mut bounds);
        let groups = self.indexes.iter().filter(|index| index.columns.len() > 1);
        let best = groups.filter_map(|index| use_of(index, &bounds)).max_by_key(|found| (found.finds_one, found.factors));
        best.or_else(|| {
            by.filters.iter().find_map(|filter| match filter {
                Condition::Joint(joint) => self.index_for(joint),
                Condition::Expression(_) => None,
            })
        })
    }

    fn index_for_branch(&self, branch: &Condition) -> Option<IndexUse<'_>> {
        match branch {
            Condition::Joint(joint) => self.index_for(joint),
            expression @ Condition::Expression(_) => self.index_for(&Joint { joint_type: JointType::And, filters: vec![expression.clone()] }),
        }
    }

    /// The restrictions that all hold together.
    fn collect(&self, joint: &Joint, bounds: &mut Vec<(usize, Bound)>) {
        if joint.joint_type == JointType::Or && joint.filters.len() > 1 {
            return;
        }
        for filter in &joint.filters {
            match filter {
                Condition::Joint(joint) => self.collect(joint, bounds),
                Condition::Expression(expression) => bounds.extend(self.bound(expression)),
            }
        }
    }

    fn bound(&self, expression: &Expression) -> Option<(usize, Bound)> {
        let bound = match expression.operator {
            Operator::Equals => Bound::One,
            Operator::In => Bound::List,
            Operator::Less | Operator::LessEquals | Operator::More | Operator::MoreEquals => Bound::Range,
            Operator::Empty | Operator::NotEmpty | Operator::NotEquals | Operator::NotIn => return None,
        };
        let (left, right) = (expression.left.as_ref()?, expression.right.as_ref()?);
        match (self.column_of(left), self.column_of(right)) {
            (Some(column), None) if !self.is_named_in(right) => Some((column, bound)),
            (None, Some(column)) if bound != Bound::List && !self.is_named_in(left) => Some((column, bound)),
            _ => None,
        }
    }

    /// The column that a parameter is, by position.
    fn column_of(&self, parameter: &Parameter) -> Option<usize> {
        match &parameter.kind {
            ParameterKind::Topic { topic_id, factor_id } if **topic_id == *self.topic_id => self.factor(factor_id)?.column,
            _ => None,
        }
    }

    /// Whether a parameter names a factor of this topic anywhere, so that it is no value known before.
    fn is_named_in(&self, parameter: &Parameter) -> bool {
        match &parameter.kind {
            ParameterKind::Topic { topic_id, .. } => **topic_id == *self.topic_id,
            ParameterKind::Computed { parameters, .. } => parameters.iter().flatten().any(|parameter| self.is_named_in(parameter)),
            ParameterKind::Constant { .. } | ParameterKind::Variable { .. } => false,
        }
    }
}

/// How much of an index of factors these restrictions use; its first column is the tenant's.
fn use_of<'a>(index: &'a IndexPlan, bounds: &[(usize, Bound)]) -> Option<IndexUse<'a>> {
    let mut factors = 0;
    let mut pinned = 0;
    for column in index.columns.iter().skip(1) {
        let bound_to = |wanted: Bound| bounds.iter().any(|(bound, how)| bound == column && *how == wanted);
        if bound_to(Bound::One) {
            pinned += 1;
        } else if !bound_to(Bound::List) {
            factors += usize::from(bound_to(Bound::Range));
            break;
        }
        factors += 1;
    }
    let finds_one = index.unique && pinned == index.columns.len() - 1;
    (factors > 0).then_some(IndexUse { index, factors, finds_one })
}
