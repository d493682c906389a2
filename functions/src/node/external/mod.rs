//! Work that was handed over together with what caused it, and is done after the commit: calls of external writers, and
//! logs for the monitor topic (engine.md §3.11, rule 10; §5.2).
//!
//! One task looks after both kinds in all stores: it wakes when something was handed over, takes what is due, the oldest of
//! each trace first, tries it, and repeats it with growing pauses. What it was at when the process ended is taken again
//! when its lease is over.

mod archive;
mod attempt;
mod call;
mod hand_over;
mod monitor;
mod settle;
mod signal;
#[cfg(test)]
mod tests;
mod worker;

pub use hand_over::HandOver;
pub use signal::Signal;

pub(super) use hand_over::Parts;
