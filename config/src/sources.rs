//! Where settings are read from, and how a value's origin is told.

use std::{collections::BTreeMap, fmt, fs, io, path::PathBuf};

use serde::Serialize;

use crate::error::Problem;

/// The file that is read when nothing else is named and it exists.
pub(crate) const DEFAULT_FILE: &str = "nightowl.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A place in the settings file.
    File {
        /// The file's path.
        path: String,
        /// The line, counted from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// An option of the command line, named by the key that it sets.
    Option(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{path}:{line}"),
            Self::Variable(name) => write!(formatter, "variable {name}"),
            Self::Option(key) => write!(formatter, "option {key}"),
        }
    }
}

/// Everything that settings are read from, given explicitly so that tests depend on nothing around them.
///
/// `Debug` shows names only: variables and overrides may hold secrets.
#[derive(Clone, Default)]
pub struct Sources {
    /// The environment. Names that are not ours are passed over.
    pub environment: BTreeMap<String, String>,
    /// The settings file's path, as `--config` gives it; else `NIGHTOWL_CONFIG` is asked.
    pub file: Option<PathBuf>,
    /// The settings file's text, instead of reading a file; the path is then only a name.
    pub text: Option<String>,
    /// Whether `nightowl.toml` in the working directory is read when no file is named.
    pub search: bool,
    /// Options of the command line: keys as in the file, values as in a variable. Of two with one key the last holds.
    pub overrides: Vec<(String, String)>,
}

impl Sources {
    /// The sources of a process: its environment and `./nightowl.toml`.
    ///
    /// A variable whose name or value is not Unicode is passed over.
    #[must_use]
    pub fn of_process() -> Self {
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        Self { environment, search: true, ..Self::default() }
    }

    /// Adds one environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes the settings file's text from memory.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    /// Adds one option of the command line.
    #[must_use]
    pub fn option(mut self, key: &str, value: &str) -> Self {
        self.overrides.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The settings file's name and text: `file`, else `NIGHTOWL_CONFIG`, else `./nightowl.toml` where it exists.
    ///
    /// A file that was named must be there; the one that is only looked for need not.
    pub(crate) fn read_file(&self) -> Result<Option<(String, String)>, Problem> {
        let named = self.file.clone().or_else(|| self.environment.get("NIGHTOWL_CONFIG").filter(|path| !path.trim().is_empty()).map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let shown = path.display().to_string();
        if let Some(text) = &self.text {
            return Ok(Some((shown, text.clone())));
        }
        if named.is_none() && !self.search {
            return Ok(None);
        }
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some((shown, text))),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Problem::FileUnreadable { path: shown, reason: error.to_string() }),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sources")
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("file", &self.file)
            .field("text", &self.text.is_some())
            .field("search", &self.search)
            .field("overrides", &self.overrides.iter().map(|(key, _)| key).collect::<Vec<_>>())
            .finish()
    }
}
