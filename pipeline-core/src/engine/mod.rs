//! The engine: trigger, cascade, pipeline, stage, unit, action.

mod storable;

pub use storable::storable;
