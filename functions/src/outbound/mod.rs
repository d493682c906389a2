//! Calls that leave the installation: which hosts may be called (engine.md §6), and one HTTP call.

mod address;
mod allow;
mod client;

pub(crate) use allow::AllowedHosts;

#[cfg(feature = "kafka")]
pub(crate) use allow::Verdict;
#[cfg(any(feature = "aws", feature = "alibaba"))]
pub(crate) use client::CallError;
#[cfg(any(feature = "aws", feature = "azure", feature = "alibaba"))]
pub(crate) use client::tls_config;
pub(crate) use client::{Answer, Client};
