//! What tests of all rooms share: the conformance suite of stores, the binary and a shell to run it in, and a client
//! for its HTTP API.

pub mod binary;
pub mod conformance;
pub mod http;
pub mod serve;
pub mod shell;
