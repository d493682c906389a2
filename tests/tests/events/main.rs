//! Events of platforms, from their bytes to rows, reports and dead letters.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod azure;
mod capture;
mod dead_letters;
mod function_compute;
mod house;
mod interface;
mod lambda;
mod posted;
mod reports;
mod same_rows;
mod timers;
mod trigger;
