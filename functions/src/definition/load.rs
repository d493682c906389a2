//! Reading definition files and folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nightowl_core::model::{Definitions, Place, Problems};
use serde::Deserialize;
use serde_json::Value as Json;

use super::Origins;

/// The endings of definition files.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];
/// How large one definition file may be, in bytes (`definition-file-too-large`).
const FILE_BYTES: u64 = 256 * 1024 * 1024;

/// What files hold, and what is wrong with it.
#[derive(Debug, Default)]
pub struct LoadedDefinitions {
    /// The definitions.
    pub definitions: Definitions,
    /// All mistakes, each with its place.
    pub problems: Problems,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// Which tuple stands in which file.
    pub origins: Origins,
}

/// Reads files, and folders with everything below them, in the order of their names. Mistakes are collected.
pub fn load(paths: &[PathBuf]) -> LoadedDefinitions {
    let mut loaded = LoadedDefinitions::default();
    for path in paths {
        let before = loaded.files.len();
        if path.is_dir() {
            load_folder(path, &mut loaded);
            if loaded.files.len() == before {
                loaded.problems.error(
                    "definition-file-missing",
                    &place(path),
                    "the folder holds no definition file",
                    "put .json, .yaml or .yml files into it, or name a file",
                );
            }
        } else {
            load_file(path, &mut loaded);
        }
    }
    loaded
}

fn place(path: &Path) -> Place {
    Place::tuple("file", &path.display().to_string())
}

fn load_folder(folder: &Path, loaded: &mut LoadedDefinitions) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            loaded.problems.error("definition-file-unreadable", &place(folder), error.to_string(), "check the path and its permissions");
            return;
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let is_definition = path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending));
        if path.is_dir() {
            load_folder(&path, loaded);
        } else if is_definition {
            load_file(&path, loaded);
        }
    }
}

fn load_file(path: &Path, loaded: &mut LoadedDefinitions) {
    let name: Arc<str> = path.display().to_string().into();
    let before = loaded.problems.len();
    read_file(path, &name, loaded);
    loaded.problems.name_files(before, |_| Some(Arc::clone(&name)));
}

fn read_file(path: &Path, name: &Arc<str>, loaded: &mut LoadedDefinitions) {
    let place = place(path);
    let too_large = std::fs::metadata(path).is_ok_and(|found| found.len() > FILE_BYTES);
    if too_large {
        loaded.problems.error("definition-file-too-large", &place, format!("the file has more than {FILE_BYTES} bytes"), "divide it");
        return;
    }
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let text = match text {
        Ok(text) => text,
        Err(reason) => {
            loaded.problems.error("definition-file-unreadable", &place, reason, "check the path, its permissions and its encoding");
            return;
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_json = path.extension().and_then(|ending| ending.to_str()) == Some("json");
    let documents = if is_json { serde_json::from_str(text).map(|json| vec![json]).map_err(|error| error.to_string()) } else { yaml(text) };
    match documents {
        Ok(documents) => {
            loaded.files.push(path.to_path_buf());
            for document in &documents {
                let definitions = Definitions::read(document, name, &mut loaded.problems);
                loaded.origins.note(&definitions, name);
                loaded.definitions.extend(definitions);
            }
        }
        Err(reason) => loaded.problems.error("definition-file-syntax", &place, reason, "correct the file at that place"),
    }
}

/// The documents of a YAML text.
fn yaml(text: &str) -> Result<Vec<Json>, String> {
    let mut documents = Vec::new();
    for document in serde_norway::Deserializer::from_str(text) {
        documents.push(Json::deserialize(document).map_err(|error| error.to_string())?);
    }
    Ok(documents)
}
