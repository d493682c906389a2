//! Every bound of the engine: its default, its unit and the code of the error that it raises.

/// Bounds of one trigger's run (engine.md §8). Exceeding one is an action or pipeline error with a `limit-…` code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep a cascade may go; the trigger's own pipelines have depth 0 (`engine.max_depth`, `limit-depth`, D-09).
    pub max_depth: u32,
    /// How many pipeline runs one trigger may queue (`engine.max_queue`, `limit-queue`, D-09).
    pub max_queue: usize,
    /// How many elements one loop may have (`engine.max_loop`, `limit-loop`).
    pub max_loop: usize,
    /// How many rows one read may give (`engine.max_rows_read`, `limit-rows-read`).
    pub max_rows_read: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 900, max_queue: 100_000, max_loop: 100_000, max_rows_read: 100_000 }
    }
}

/// How deep a JSON document may nest (`limits.json_depth`, `limit-json-depth`).
pub const JSON_DEPTH: usize = 128;
/// How large the data of one trigger may be, in bytes (`limits.body_bytes`, `limit-body`).
pub const BODY_BYTES: usize = 16 * 1024 * 1024;
/// How long a path or constant may be, in bytes (`definition-path-too-long`).
pub const PATH_BYTES: usize = 16 * 1024;
