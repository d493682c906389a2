//! Objects: stores of every cloud, on emulators; what is read from them, and what is written to them.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod archive;
mod house;
mod ingestion;
mod killed;
mod queue;
mod stores;
mod writer;
