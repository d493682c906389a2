//! Definitions become plans: names resolved to slots, types checked, every mistake reported at once.

mod topic;

pub use topic::{Column, ColumnKind, FactorPlan, FixedColumn, IndexPlan, TopicPlan};
