//! Folders of this machine, also mounted ones, as buckets. They lie in the folder `objects` of the data directory, or in
//! one that `storage.allow_paths` lists: nobody reads or writes files elsewhere.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use super::{Bucket, ObjectError};

/// The folder of buckets in the data directory.
const OBJECTS: &str = "objects";

/// Where folders may lie.
#[derive(Debug, Clone, Default)]
pub(super) struct Folders {
    base: PathBuf,
    allowed: Vec<PathBuf>,
}

impl Folders {
    /// Those below a data directory, and others.
    pub(super) fn new(data_dir: &Path, allowed: impl IntoIterator<Item = PathBuf>) -> Self {
        let base = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned()).join(OBJECTS);
        Self { base, allowed: allowed.into_iter().collect() }
    }

    /// The folder of a bucket.
    pub(super) fn of(&self, bucket: &Bucket) -> Result<PathBuf, ObjectError> {
        let path = Path::new(&bucket.name);
        let full = if path.is_absolute() { path.to_owned() } else { self.base.join(path) };
        let escapes = full.components().any(|part| matches!(part, Component::ParentDir));
        if escapes || !(full.starts_with(&self.base) || self.allowed.iter().any(|folder| full.starts_with(folder))) {
            return Err(ObjectError::Invalid {
                doing: "open a folder of objects".to_owned(),
                reason: format!("it lies outside of {}; list its folder in storage.allow_paths", self.base.display()),
            });
        }
        Ok(full)
    }

    /// Opens the folder of a bucket, which is made where it is missing.
    pub(super) fn open(&self, bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, ObjectError> {
        let folder = self.of(bucket)?;
        let doing = format!("open {}", bucket.told());
        std::fs::create_dir_all(&folder).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => ObjectError::Forbidden { doing: doing.clone() },
            kind => ObjectError::Unavailable { doing: doing.clone(), reason: kind.to_string() },
        })?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| super::trouble::Trouble::told(None, &error, &doing))?;
        Ok(Arc::new(store))
    }
}
