//! Definitions become plans: names resolved to slots, types checked, every mistake reported at once.

mod condition;
mod parameter;
mod preparation;
mod topic;

pub use condition::{ConditionPlan, ExpressionPlan};
pub use parameter::{CaseRoute, ComputedPlan, ParameterContext, ParameterPlan, TopicParameter, Topics, compile_constant, compile_variable};
pub use preparation::{DateTarget, FactorNode, FactorTree, FlattenedFactor, PreparationPlan};
pub use topic::{Column, ColumnKind, FactorPlan, FixedColumn, IndexPlan, TopicPlan};
