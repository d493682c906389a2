//! The definitions on the wire: Watchmen's own JSON, key for key (engine.md §1).
//!
//! Reading is lenient where the reference is (unknown keys, missing keys, nulls) and collects every mistake with its
//! place; writing gives the reference's form with its defaults, which is what a monitor log shows as `definedAs`.

mod action;
mod action_facts;
pub mod builtin;
mod condition;
mod enumeration;
mod factor;
mod import;
mod parameter;
mod pipeline;
mod place;
mod problem;
mod read;
mod topic;
mod trigger;
mod user_group;
mod wire_enum;

pub use action::{AccumulateMode, Action, ActionKind, AggregateArithmetic, AlarmSeverity, MappingFactor};
pub use action_facts::MappedValue;
pub use condition::{Condition, Expression, Joint, JointType, Operator, Prerequisite};
pub use enumeration::{EnumDefinition, EnumItem};
pub use factor::{Encryption, Factor, FactorType, IndexGroup, column_name};
pub use import::{
    DataSource, DataSourceParam, DataSourceType, Definitions, ExternalWriterDefinition, ExternalWriterType, KeyStoreDefinition, ParamValue, Tenant,
    UserDefinition,
};
pub use parameter::{ComputeType, Parameter, ParameterKind};
pub use pipeline::{Pipeline, PipelineType, Stage, Unit};
pub use place::Place;
pub use problem::{Problem, Problems, Severity};
pub use read::Reader;
pub use topic::{Topic, TopicKind, TopicType};
pub use trigger::{TriggerResult, TriggerType};
pub use user_group::UserGroup;
