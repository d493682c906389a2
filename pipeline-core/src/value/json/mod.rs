//! JSON and values: exact reading, two styles of writing, and a tagged form that loses nothing (values.md §1.1, §10.1).

mod read;
mod tagged;
mod write;

pub use read::{JsonError, from_json, read_json, read_json_bytes};
pub use tagged::{TagError, from_tagged, to_tagged};
pub use write::{JsonStyle, json_text, to_json, write_json};
