//! What tests of all rooms share: the conformance suite of stores, a stage for the engine, and troubles of a store.

pub mod conformance;
pub mod stage;
pub mod trouble;
pub mod witness;
