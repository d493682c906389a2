//! What tests of all rooms share: the conformance suite of stores, the binary and a shell to run it in, a client for its
//! HTTP API, readers to be fuzzed, a stage and a small world for the engine, a node over two data sources, servers of
//! databases, emulators and brokers, and troubles of a store.

pub mod binary;
pub mod brokers;
pub mod conformance;
pub mod cross;
pub mod emulators;
pub mod function;
pub mod fuzz;
pub mod held;
pub mod http;
pub mod proxy;
pub mod race;
pub mod serve;
pub mod servers;
pub mod shell;
pub mod stage;
pub mod tools;
pub mod trouble;
pub mod witness;
pub mod world;
