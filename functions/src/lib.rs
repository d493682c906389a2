//! placeholder
pub mod input;
pub mod scenario;
