//! What tests of all rooms share: the conformance suite of stores, database servers.

pub mod conformance;
pub mod servers;
