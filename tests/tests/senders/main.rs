//! Writers to brokers and queues, copies of dead letters, secrets of routes: against a real Kafka broker, an emulator of
//! AWS, and a server that checks signatures by MNS's documented rule. What a definition sends is read back from there.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod copies;
mod house;
mod kafka;
mod mns;
mod mns_server;
mod sqs;
mod token;
