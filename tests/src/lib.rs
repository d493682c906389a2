//! What tests of all rooms share: the conformance suite of stores, the binary and a shell to run it in, a client for its
//! HTTP API, a stage for the engine, and troubles of a store.

pub mod binary;
pub mod conformance;
pub mod http;
pub mod serve;
pub mod shell;
pub mod stage;
pub mod trouble;
pub mod witness;
