//! What may be wrong with what comes from outside, each through the real binary: a clear error with a stable code, the
//! right exit code or status, nothing half written. That nothing panics and no secret is told, the shell looks after.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod definitions;
mod stores;
mod tenants;
mod triggers;
