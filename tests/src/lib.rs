//! What tests of all rooms share: the conformance suite of stores, and a small world for the engine.

pub mod conformance;
pub mod world;
