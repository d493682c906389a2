//! Events of platforms, from their bytes to rows, reports and dead letters.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod capture;
mod dead_letters;
mod house;
mod reports;
mod trigger;
