//! Bounds of events. None of them is a setting: they are far above what platforms send.

/// The most bytes of one event: the largest body that a platform hands over (surface.md §16.3).
pub const EVENT_BYTES: usize = 32 * 1024 * 1024;
/// The most deliveries in one event.
pub const RECORDS: usize = 100_000;
/// How deep events may be wrapped in one another: SQS, SNS, S3 (surface.md §15.2.4).
pub const LAYERS: u8 = 3;
/// The deepest CBOR (surface.md §15.2.8).
pub const CBOR_DEPTH: usize = 32;
/// The most bytes that a packed message may unpack to.
pub const UNPACKED_BYTES: u64 = 32 * 1024 * 1024;
