//! The pipeline engine: Watchmen's model, values, paths, compiled plans and the cascade.
//!
//! This crate does no I/O and knows no clock, no randomness, no runtime and no database. What it needs of the world it
//! declares in [`port`]; `nightowl-storage` implements it on SQL. The same input, the same reads and the same ids give
//! the same run.

pub mod compile;
pub mod engine;
pub mod error;
pub mod limits;
pub mod model;
pub mod path;
pub mod port;
pub mod value;
pub mod vector;
