//! Objects in stores of any kind (surface.md §17): S3 and what speaks like it, Alibaba OSS, Azure Blob, folders, memory.
//!
//! One file for each cloud, all alike: `open` takes a bucket and credentials and gives a store. [`ObjectStorage`] keeps
//! what it has opened, adds what the stores lack, and tells errors in one way. Nobody else sees the types of a library.

mod access;
#[cfg(feature = "alibaba")]
mod alibaba;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(any(feature = "aws", feature = "azure", feature = "alibaba"))]
mod connect;
mod driver;
mod error;
mod local;
mod object;
mod place;
mod sidecar;
mod trouble;

pub use access::{Access, AccessKeys};
pub use driver::ObjectStorage;
pub use error::ObjectError;
pub use object::{Fetched, ObjectInfo, Written};
pub use place::{Bucket, Cloud, ObjectUrl};
