//! Files, folders and the standard input, as they are named on a command line (surface.md §21, "Input").

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::InputError;
use super::read::{Bounds, Input};
use super::records::{CsvForm, CsvReading};

/// What stands for the standard input.
const STANDARD_INPUT: &str = "-";

/// One file to read, or the standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    path: Option<PathBuf>,
    csv: CsvReading,
}

/// The sources that arguments name, in their order. A folder stands for its files sorted by name, without its folders
/// and without what begins with a dot; `-` for the standard input.
///
/// # Errors
/// [`InputError::Unreadable`] for the first path that is not there or can not be read.
pub fn find(arguments: &[impl AsRef<Path>]) -> Result<Vec<Source>, InputError> {
    let mut sources = Vec::new();
    for argument in arguments {
        let path = argument.as_ref();
        if path.as_os_str() == STANDARD_INPUT {
            sources.push(Source { name: STANDARD_INPUT.into(), path: None, csv: CsvReading::Never });
            continue;
        }
        let metadata = fs::metadata(path).map_err(InputError::unreadable(&shown(path)))?;
        if metadata.is_dir() {
            sources.extend(files_of(path).map_err(InputError::unreadable(&shown(path)))?.into_iter().map(Source::file));
        } else {
            sources.push(Source::file(path.to_owned()));
        }
    }
    Ok(sources)
}

impl Source {
    /// A file.
    pub fn file(path: PathBuf) -> Self {
        Self { name: shown(&path), path: Some(path), csv: CsvReading::Never }
    }

    /// The same; what begins neither as JSON nor as CBOR is CSV.
    #[must_use]
    pub fn or_csv(self) -> Self {
        Self { csv: CsvReading::Otherwise(CsvForm::default()), ..self }
    }

    /// How it is named in messages.
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its path; none for the standard input.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Opens and surveys it. The standard input and pipes are spooled into a temporary file, because a content is read
    /// twice: once for its hash, once for its elements.
    ///
    /// # Errors
    /// [`InputError::Unreadable`]; [`InputError::Damaged`] where nothing of a packed content can be read. A content that is cut
    /// off further on is read up to there.
    pub fn open(&self, bounds: Bounds) -> Result<Input, InputError> {
        let file = match &self.path {
            Some(path) => File::open(path).and_then(seekable),
            None => spool(io::stdin().lock()),
        };
        Input::of_file(Arc::clone(&self.name), file.map_err(InputError::unreadable(&self.name))?, bounds, &self.csv)
    }
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && fs::metadata(entry.path())?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn seekable(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { spool(file) }
}

fn spool(mut stream: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut stream, &mut file)?;
    Ok(file)
}

fn shown(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

#[cfg(test)]
mod tests {
    use nightowl_core::error::Coded;

    use super::*;

    #[test]
    fn a_folder_stands_for_its_files_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.json", "a.ndjson", ".hidden", "c.gz"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        fs::create_dir(folder.path().join("below")).expect("made");
        fs::write(folder.path().join("below").join("d.json"), "").expect("written");
        let sources = find(&[folder.path(), Path::new("-")]).expect("found");
        let names: Vec<_> = sources.iter().map(|source| source.name().rsplit('/').next().expect("a name").to_owned()).collect();
        assert_eq!(names, ["a.ndjson", "b.json", "c.gz", "-"]);
        assert_eq!(sources[3].path(), None);
    }

    #[test]
    fn a_stream_is_read_as_a_file_is() {
        let file = spool(b"{\"a\":1}\n".as_slice()).expect("spooled");
        let mut input = Input::of_file("-".into(), file, Bounds::default(), &CsvReading::Never).expect("readable");
        assert!(input.next().expect("an element").document.is_ok());
        assert!(input.next().is_none());
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = find(&["/nowhere/at/all.json"]).expect_err("not there");
        assert_eq!(error.code(), "trigger-file-unreadable");
        assert!(error.to_string().starts_with("read /nowhere/at/all.json: "), "{error}");
    }
}
