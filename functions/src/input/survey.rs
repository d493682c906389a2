//! The first look at a content: its hash, its form, how many elements it has.

use std::io::{self, Read};

use nightowl_core::value::read_json_bytes;
use sha2::{Digest, Sha256};

use super::array::{Splitter, Step};
use super::form::{self, Form};
use super::hex::hex;
use super::read::Bounds;
use super::records::{CsvReading, Records};

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// What is known of a content before its elements are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Survey {
    /// Hex SHA-256 of the unpacked bytes.
    pub(super) hash: String,
    /// Its form.
    pub(super) form: Form,
    /// How many elements it has, broken ones included, and where it is cut off the cut.
    pub(super) elements: u64,
}

impl Survey {
    /// Looks at a content. `content` opens it, without its byte order mark; `mark` are the bytes of that mark, which
    /// belong to the hash. `csv` says whether it is CSV.
    pub(super) fn of<R: Read>(mark: &[u8], mut content: impl FnMut() -> io::Result<R>, bounds: Bounds, csv: &CsvReading) -> io::Result<Self> {
        let mut look = Look::new(mark);
        let mut reader = content()?;
        let mut chunk = vec![0; CHUNK];
        let mut cut = false;
        loop {
            match reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => look.take(chunk.get(..length).unwrap_or_default(), bounds),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What stands before it is read all the same; the error comes again where its place is.
                Err(_) => {
                    cut = true;
                    break;
                }
            }
        }
        let form = match (csv, look.form(bounds)) {
            (CsvReading::Always(_), _) => Form::Csv,
            (_, Some(form @ (Form::Array | Form::Cbor))) => form,
            (CsvReading::Otherwise(_), _) if look.first != Some(b'{') => Form::Csv,
            (_, Some(form)) => form,
            (_, None) => form::of_unclear_content(&mut content, (!cut).then_some(look.length), bounds)?,
        };
        let elements = match form {
            Form::Lines => look.lines + u64::from(look.in_line || cut),
            Form::Array => look.ends + u64::from(look.stray || !look.splitter.is_closed() || cut),
            Form::Document | Form::Cbor => 1,
            Form::Csv => Records::new(content()?, bounds.element_bytes, csv.form()).count() as u64,
        };
        Ok(Self { hash: hex(&look.hasher.finalize()), form, elements })
    }
}

/// What one pass over the bytes gathers.
struct Look {
    hasher: Sha256,
    length: u64,
    /// The first byte that is not blank.
    first: Option<u8>,
    /// Lines that are not blank and have ended; whether one is open.
    lines: u64,
    in_line: bool,
    /// The first line that is not blank, until it is longer than an element may be.
    first_line: Vec<u8>,
    /// Elements of the array that have ended; whether something follows the array.
    splitter: Splitter,
    ends: u64,
    stray: bool,
}

impl Look {
    fn new(mark: &[u8]) -> Self {
        let hasher = Sha256::new_with_prefix(mark);
        let (first_line, splitter) = (Vec::new(), Splitter::new());
        Self { hasher, length: 0, first: None, lines: 0, in_line: false, first_line, splitter, ends: 0, stray: false }
    }

    fn take(&mut self, chunk: &[u8], bounds: Bounds) {
        self.hasher.update(chunk);
        self.length += chunk.len() as u64;
        for &byte in chunk {
            self.first = self.first.or_else(|| (!byte.is_ascii_whitespace()).then_some(byte));
            if byte == b'\n' {
                self.lines += u64::from(self.in_line);
                self.in_line = false;
            } else if !byte.is_ascii_whitespace() {
                self.in_line = true;
            }
            if self.first == Some(b'[') {
                let step = self.splitter.take(byte);
                self.ends += u64::from(step == Step::End);
                self.stray |= step == Step::Stray;
            } else if self.lines == 0 && self.first_line.len() <= bounds.element_bytes {
                self.first_line.push(byte);
            }
        }
    }

    /// The form, where the first line tells it.
    fn form(&self, bounds: Bounds) -> Option<Form> {
        let first_is_document = || {
            let fits = self.first_line.len() <= bounds.element_bytes;
            fits && read_json_bytes(&self.first_line, bounds.json_depth).is_ok()
        };
        match self.first {
            None => Some(Form::Lines),
            // no text begins with these bytes
            Some(0xa0..=0xbb | 0xbf | 0xd9) => Some(Form::Cbor),
            Some(b'[') => Some(Form::Array),
            Some(_) if first_is_document() => Some(Form::Lines),
            Some(_) => None,
        }
    }
}
