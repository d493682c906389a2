//! What tests of all rooms share: the conformance suite of stores, the binary and a shell to run it in, a client for its
//! HTTP API, a stage and a small world for the engine, a node over two data sources, database servers, and troubles of a
//! store.

pub mod binary;
pub mod conformance;
pub mod cross;
pub mod emulators;
pub mod function;
pub mod held;
pub mod http;
pub mod proxy;
pub mod race;
pub mod serve;
pub mod servers;
pub mod shell;
pub mod stage;
pub mod trouble;
pub mod witness;
pub mod world;
