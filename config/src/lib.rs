//! The settings of Nightowl: one struct, read from defaults, `nightowl.toml`, variables and options.
//!
//! What a setting is called, which values it takes, its default and the names under which a Watchmen
//! installation knows it stand in one place, the [`table`]. Reading, the listing of `nightowl config` and the
//! JSON Schema of the file all come from there.
//!
//! ```
//! use nightowl_config::{Loaded, Sources};
//!
//! let sources = Sources::default().variable("PIPELINE_UPDATE_RETRY_TIMES", "5");
//! let loaded = Loaded::load(&sources)?;
//! assert_eq!(loaded.settings().engine.update_retry_times, 5);
//! # Ok::<(), nightowl_config::ConfigError>(())
//! ```
//!
//! Weakest first, the layers are: the default, the file, a bare name of the reference
//! (`PIPELINE_UPDATE_RETRY`), a `NIGHTOWL_…` variable, an option of the command line (`engine.md §8`).

mod alias;
mod check;
mod derive;
mod environment;
mod error;
mod file;
mod ignored;
mod kind;
mod layer;
mod loaded;
mod schema;
mod secret;
mod settings;
mod sources;
mod suggest;
pub mod table;

pub use crate::{
    alias::{Alias, Reading},
    error::{Class, ConfigError, Problem},
    ignored::Ignored,
    kind::Kind,
    loaded::{Entry, Loaded},
    schema::settings_schema,
    secret::StoreUrl,
    settings::*,
    sources::{Origin, Sources},
    table::Setting,
};
