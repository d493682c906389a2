//! The engine's ports on SQL.

pub mod sql;
