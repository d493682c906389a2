//! Definitions become plans: names resolved to slots, types checked, every mistake reported at once.

mod catalog;
mod condition;
pub(crate) mod criteria;
mod enabled_writers;
mod find;
mod parameter;
mod pipeline;
mod preparation;
mod stage_order;
mod topic;
mod variables;
mod write;

pub use catalog::{Catalog, CatalogSource};
pub use condition::{ConditionPlan, ExpressionPlan};
pub use enabled_writers::EnabledWriters;
pub use parameter::{CaseRoute, ComputedPlan, ParameterContext, ParameterPlan, TopicParameter, Topics, compile_constant, compile_variable};
pub use pipeline::{PipelineBody, PipelinePlan, StagePlan, UnitPlan};
pub use preparation::{DateTarget, FactorNode, FactorTree, FlattenedFactor, PreparationPlan};
pub use stage_order::StageOrder;
pub use topic::{Column, ColumnKind, FactorPlan, FixedColumn, IndexPlan, TopicPlan};
pub use variables::VariableTable;

pub(crate) use enabled_writers::remedy;
pub(crate) use find::{EmptyBy, FindPlan};
pub(crate) use pipeline::PipelineContext;
pub(crate) use write::{MappedFactor, WritePlan};
