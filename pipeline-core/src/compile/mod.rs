//! Definitions become plans: names resolved to slots, types checked, every mistake reported at once.

mod abroad;
mod catalog;
mod check;
pub mod code;
mod condition;
pub(crate) mod criteria;
mod enabled_writers;
pub mod explain;
mod find;
mod index_use;
mod parameter;
mod pipeline;
mod preparation;
mod reach;
mod shared_rows;
mod stage_order;
mod topic;
mod variables;
mod write;

pub use abroad::Abroad;
pub use catalog::{Catalog, CatalogSource, PipelineSource, RealColumns};
pub use condition::{ConditionPlan, ExpressionPlan};
pub use enabled_writers::EnabledWriters;
pub use index_use::IndexUse;
pub use parameter::{CaseRoute, ComputedPlan, ParameterContext, ParameterPlan, TopicParameter, Topics, compile_constant, compile_variable};
pub use pipeline::{PipelineBody, PipelinePlan, StagePlan, UnitPlan};
pub use preparation::{DateTarget, FactorNode, FactorTree, FlattenedFactor, PreparationPlan};
pub use stage_order::StageOrder;
pub use topic::{Column, ColumnKind, FactorPlan, FixedColumn, IndexPlan, TopicPlan};
pub use variables::VariableTable;

pub(crate) use enabled_writers::{remedy, wrong_url};
pub(crate) use find::{EmptyBy, FindPlan, ReadColumn};
pub(crate) use pipeline::PipelineContext;
pub(crate) use write::{MappedFactor, WritePlan, refuse_synonym};
