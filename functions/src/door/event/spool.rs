//! Contents of many bytes lie in a file that vanishes, so that their rows are read one by one.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use crate::door::DoorError;
use crate::input::{Bounds, CsvReading, Input, is_longer};
use crate::object_storage::{Fetched, ObjectError};

/// Puts bytes into a file and opens it as an input.
pub(super) fn of_bytes(name: &str, bytes: &[u8], bounds: Bounds, csv: &CsvReading) -> Result<Input, DoorError> {
    let mut file: File = tempfile::tempfile().map_err(|error| unwritable(&error))?;
    file.write_all(bytes).map_err(|error| unwritable(&error))?;
    of_file(name, file, bounds, csv)
}

/// Reads an object into a file, piece by piece, and opens it as an input. It may have as many bytes as an element, packed
/// and unpacked.
pub(super) async fn of_object(mut object: Fetched, bounds: Bounds, csv: &CsvReading) -> Result<Input, DoorError> {
    let name = object.info.key.clone();
    let limit = bounds.element_bytes as u64;
    let too_large = || DoorError::Object(ObjectError::TooLarge { doing: format!("read object \"{name}\""), limit });
    if object.info.size > limit {
        return Err(too_large());
    }
    let mut file: File = tempfile::tempfile().map_err(|error| unwritable(&error))?;
    let mut length = 0;
    while let Some(piece) = object.next().await.map_err(DoorError::Object)? {
        length += piece.len() as u64;
        if length > limit {
            return Err(too_large());
        }
        file.write_all(&piece).map_err(|error| unwritable(&error))?;
    }
    if is_longer(&mut file, limit).map_err(|error| unwritable(&error))? {
        return Err(too_large());
    }
    of_file(&name, file, bounds, csv)
}

fn of_file(name: &str, file: File, bounds: Bounds, csv: &CsvReading) -> Result<Input, DoorError> {
    let name: Arc<str> = name.into();
    Input::of_file(name, file, bounds, csv).map_err(DoorError::Input)
}

fn unwritable(error: &std::io::Error) -> DoorError {
    DoorError::Spool { reason: error.to_string() }
}
