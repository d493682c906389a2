//! Contents of many bytes lie in a file that vanishes, so that their rows are read one by one.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use crate::door::DoorError;
use crate::input::{Bounds, Input, InputError};

/// Puts bytes into a file and opens it as an input.
pub(super) fn of_bytes(name: &str, bytes: &[u8], bounds: Bounds) -> Result<Input, DoorError> {
    let name: Arc<str> = name.into();
    let unwritable = |source: std::io::Error| DoorError::Spool { reason: source.to_string() };
    let mut file: File = tempfile::tempfile().map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    Input::of_file(name, file, bounds).map_err(|error: InputError| DoorError::Input(error))
}
