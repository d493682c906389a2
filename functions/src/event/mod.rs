//! Events of function platforms, decoded to deliveries (surface.md §15). An event is recognised by what it is.
//!
//! One file for each shape, all alike: `decode` takes the document, the events around it and the list of deliveries that
//! it adds to. A record that can not be read is a delivery with its error; only what breaks the whole event is an error
//! of the decoder. Everything is bounded, nothing here panics or asks the world.

mod attributes;
mod azure;
mod capture;
mod cbor;
mod cloud_events;
mod complete;
mod debezium;
mod debezium_type;
mod decode;
mod error;
mod event_bridge;
mod event_grid;
mod fields;
mod http;
pub mod limits;
mod mns;
mod oss;
mod record;
pub mod route;
mod s3;
mod scrub;
mod shape;
mod sns;
mod source;
mod sqs;
mod tablestore;
#[cfg(test)]
mod tests;
mod text;
mod timer;

pub use attributes::Attributes;
pub use cbor::read as read_cbor;
pub use cloud_events::of_binary;
pub use decode::{DecodeOptions, Decoded, Decoder};
pub use error::EventError;
pub use http::{HttpForm, HttpRequest, answer as http_answer};
pub use record::{Body, Content, ContentForm, Facts, Item, ObjectRef, Origin, Record, Trigger};
pub use route::{Route, RouteError, Routes};
pub use s3::metadata_name;
pub use shape::Shape;
pub use source::EventSource;
