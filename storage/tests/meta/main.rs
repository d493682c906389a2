//! META, worker leases and the reading of traces on a real store.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as expected")]

mod apply;
mod auth_ports;
mod bootstrap;
mod dead_letters;
mod leases;
mod people;
mod support;
mod traces;
mod tuples;
