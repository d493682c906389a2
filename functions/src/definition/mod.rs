//! Definitions as files: Watchmen's own JSON, the MixImport document, or the same in YAML (surface.md §21, `apply`).

mod load;
mod origin;

pub use load::{LoadedDefinitions, load};
pub use origin::Origins;
