//! What tests of all rooms share: the conformance suite of stores.

pub mod conformance;
