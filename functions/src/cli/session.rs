//! Settings and node of a verb.

use std::path::Path;
use std::sync::Arc;

use nightowl_config::{Loaded, Settings, Sources};
use nightowl_core::port::StoreError;
use secrecy::ExposeSecret;
use tracing_subscriber::EnvFilter;

use super::{CliError, GlobalOptions, output};
use crate::node::{Node, NodeOptions};

/// Loads the settings: defaults, file, variables, options.
pub(super) fn settings(global: &GlobalOptions) -> Result<Loaded, CliError> {
    settings_with(global, &[])
}

/// Loads the settings with more options of the verb's own.
pub(super) fn settings_with(global: &GlobalOptions, more: &[(&str, &str)]) -> Result<Loaded, CliError> {
    Ok(Loaded::load(&sources(global, more)?)?)
}

/// What settings are read from, the options of the command line included.
pub(super) fn sources(global: &GlobalOptions, more: &[(&str, &str)]) -> Result<Sources, CliError> {
    let mut sources = Sources::of_process();
    if let Some(path) = &global.config {
        sources.file = Some(path.clone());
    }
    if let Some(url) = &global.storage {
        sources = sources.option("storage.url", url);
    }
    if let Some(mode) = &global.atomicity {
        sources = sources.option("engine.atomicity", mode);
    }
    for pair in &global.set {
        let Some((key, value)) = pair.split_once('=') else { return Err(CliError::Usage(format!("--set takes KEY=VALUE, not \"{pair}\""))) };
        sources = sources.option(key.trim(), value.trim());
    }
    for (key, value) in more {
        sources = sources.option(key, value);
    }
    Ok(sources)
}

/// Sends log lines to stderr, as the settings say. A second call does nothing.
pub(super) fn start_logging(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log.format {
        nightowl_config::LogFormat::Json => lines.json().try_init(),
        nightowl_config::LogFormat::Text => lines.try_init(),
    };
    if started.is_err() {
        tracing::debug!("log lines go somewhere already");
    }
}

/// Opens the node of the settings; a first start tells its passwords once.
pub(super) async fn open(settings: &Settings) -> Result<Arc<Node>, CliError> {
    start_logging(settings);
    make_folder(settings)?;
    let node = Arc::new(Node::open(settings, &NodeOptions::default()).await?);
    if let Some(passwords) = &node.first_passwords {
        for (name, password) in [("imma-super", &passwords.super_admin), ("imma-admin", &passwords.admin)] {
            if let Some(password) = password {
                output::note(&format!("first start: the password of {name} is {} (told only now)", password.expose_secret()));
            }
        }
    }
    Ok(node)
}

/// Makes the folder of a default SQLite store.
fn make_folder(settings: &Settings) -> Result<(), CliError> {
    let Some(path) = settings.storage.url.expose().strip_prefix("sqlite://") else { return Ok(()) };
    let path = Path::new(path);
    if path.starts_with(&settings.storage.data_dir)
        && let Some(folder) = path.parent()
    {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::NotADatabase {
            reason: format!("the folder {} can not be made: {error}; set NIGHTOWL_DATA to one that may be written", folder.display()),
        })?;
    }
    Ok(())
}
