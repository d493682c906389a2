//! Tables of topics on real databases, by the binary: synchronised, migrated, adopted from Watchmen, read as synonyms, in
//! schemas of data sources (storage.md §11, §14, §15).

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

mod adoption;
mod place;
mod sources;
mod sync;
mod synonyms;
mod upgrade;
mod wide;
