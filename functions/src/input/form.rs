//! Which form a content has. It is decided by the content, not by the name of the file.

use std::io::{self, Read};

use nightowl_core::value::{Value, read_json_bytes};

use super::lines::{Line, Lines};
use super::read::Bounds;

/// The form of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document on each line.
    Lines,
    /// One JSON array of documents.
    Array,
    /// One document over several lines.
    Document,
    /// A header, then a record for each document.
    Csv,
    /// One document in CBOR.
    Cbor,
}

/// What a content is whose first line is no document: one document over several lines, or lines of which the first is
/// broken. `content` is called once for every look that has to be taken; `length` is its number of bytes,
/// where it can be read to its end.
pub(super) fn of_unclear_content<R: Read>(mut content: impl FnMut() -> io::Result<R>, length: Option<u64>, bounds: Bounds) -> io::Result<Form> {
    if length.is_some_and(|length| length <= bounds.element_bytes as u64) {
        let mut whole = Vec::new();
        content()?.read_to_end(&mut whole)?;
        if read_json_bytes(&whole, bounds.json_depth).is_ok() {
            return Ok(Form::Document);
        }
    }
    // a line that is an object by itself and is not indented belongs to no larger document
    let mut lines = Lines::new(content()?, bounds.element_bytes);
    while let Ok(Some(line)) = lines.next_line() {
        if let Line::Text { bytes, .. } = line
            && bytes.first() == Some(&b'{')
            && is_object(bytes, bounds)
        {
            return Ok(Form::Lines);
        }
    }
    Ok(Form::Document)
}

/// Whether bytes are one JSON object.
fn is_object(bytes: &[u8], bounds: Bounds) -> bool {
    matches!(read_json_bytes(bytes, bounds.json_depth), Ok(Value::Object(_)))
}
