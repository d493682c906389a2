//! A surveyed content and the documents in it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use nightowl_core::limits;
use nightowl_core::value::{Value, read_json_bytes};

use super::array::{Splitter, Step};
use super::error::InputError;
use super::form::Form;
use super::lines::{Line, Lines};
use super::records::{CsvReading, Fault, Record, Records};
use super::survey::Survey;
use crate::event::read_cbor;

/// What a gzip stream begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The UTF-8 byte order mark; it is skipped.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How many bytes are unpacked at once.
const CHUNK: usize = 64 * 1024;

/// How large an element may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one element (`limits.body_bytes`, `limit-body`).
    pub element_bytes: usize,
    /// Levels of objects and arrays (`limits.json_depth`, `limit-json-depth`).
    pub json_depth: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { element_bytes: limits::BODY_BYTES, json_depth: limits::JSON_DEPTH }
    }
}

/// One element of a file.
#[derive(Debug)]
pub struct Element {
    /// The file.
    pub file: Arc<str>,
    /// Its line, or its number in the array; from 1. Where the rest of the file is lost, that of what could not be read.
    pub number: u64,
    /// The document, or why the element is rejected.
    pub document: Result<Value, InputError>,
    /// What was read of an element that is rejected; empty where nothing of it is held.
    pub raw: Vec<u8>,
}

/// A file that was surveyed, and the iterator over its elements. It holds one element at a time.
#[derive(Debug)]
pub struct Input {
    file: Arc<str>,
    survey: Survey,
    bounds: Bounds,
    state: State,
}

type Content = Box<dyn Read + Send>;

enum State {
    Lines(Lines<Content>),
    Array(Array),
    Document(Content),
    Csv(Box<Records<Content>>),
    Cbor(Content),
    Ended,
}

struct Array {
    bytes: io::Bytes<BufReader<Content>>,
    splitter: Splitter,
    number: u64,
}

impl Input {
    /// Looks at a file that is open once and comes back to its beginning. `csv` says whether it is CSV.
    ///
    /// # Errors
    /// [`InputError::Unreadable`]; [`InputError::Damaged`] where nothing of a packed content can be read.
    pub fn of_file(name: Arc<str>, mut file: File, bounds: Bounds, csv: &CsvReading) -> Result<Self, InputError> {
        let mut look = || -> io::Result<(Survey, Content)> {
            let (_, marked) = unpacked(&mut file)?;
            let mark = if marked { BYTE_ORDER_MARK } else { &[] };
            let survey = Survey::of(mark, || unpacked(&mut file).map(|(content, _)| content), bounds, csv)?;
            Ok((survey, unpacked(&mut file)?.0))
        };
        let looked = look();
        let packed = looked.is_err() && is_packed(&mut file).unwrap_or(false);
        let (survey, content) = looked.map_err(|error| if packed { InputError::damaged(&name, 0)(error) } else { InputError::unreadable(&name)(error) })?;
        let state = match survey.form {
            Form::Lines => State::Lines(Lines::new(content, bounds.element_bytes)),
            Form::Document => State::Document(content),
            Form::Csv => State::Csv(Box::new(Records::new(content, bounds.element_bytes, csv.form()))),
            Form::Cbor => State::Cbor(content),
            Form::Array => State::Array(Array { bytes: BufReader::new(content).bytes(), splitter: Splitter::new(), number: 0 }),
        };
        Ok(Self { file: name, survey, bounds, state })
    }

    /// The file.
    pub const fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Hex SHA-256 of the unpacked content: the same when the file is renamed or packed.
    pub fn content_hash(&self) -> &str {
        &self.survey.hash
    }

    /// The form of the content.
    pub const fn form(&self) -> Form {
        self.survey.form
    }

    /// How many elements will come, those included that are rejected.
    pub const fn elements(&self) -> u64 {
        self.survey.elements
    }

    fn element(&self, number: u64, line: u64, bytes: &[u8]) -> Element {
        let document = read_json_bytes(bytes, self.bounds.json_depth);
        let document = document.map_err(|error| InputError::of_json(&self.file, line, error));
        let raw = if document.is_err() { bytes.to_vec() } else { Vec::new() };
        Element { file: Arc::clone(&self.file), number, document, raw }
    }

    fn cbor(&self, number: u64, _line: u64, bytes: &[u8]) -> Element {
        let document = read_cbor(bytes).map_err(|error| InputError::NotCbor { file: Arc::clone(&self.file), reason: error.to_string() });
        let raw = if document.is_err() { bytes.to_vec() } else { Vec::new() };
        Element { file: Arc::clone(&self.file), number, document, raw }
    }

    fn rejected(&self, number: u64, error: InputError) -> Element {
        Element { file: Arc::clone(&self.file), number, document: Err(error), raw: Vec::new() }
    }

    fn too_long(&self, number: u64, line: u64) -> Element {
        let error = InputError::TooLong { file: Arc::clone(&self.file), line, limit: self.bounds.element_bytes };
        self.rejected(number, error)
    }
}

impl Iterator for Input {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Lines(lines) => self.next_line(lines),
            State::Array(array) => self.next_of_array(array),
            State::Document(content) => Some(self.whole(content, Self::element)),
            State::Csv(records) => self.next_record(records),
            State::Cbor(content) => Some(self.whole(content, Self::cbor)),
            State::Ended => None,
        }
    }
}

impl Input {
    fn next_line(&mut self, mut lines: Lines<Content>) -> Option<Element> {
        let element = match lines.next_line() {
            Ok(None) => return None,
            Ok(Some(Line::Text { number, bytes })) => self.element(number, number, bytes),
            Ok(Some(Line::TooLong { number })) => self.too_long(number, number),
            Err(error) => {
                let before = lines.read();
                return Some(self.rejected(before + 1, InputError::damaged(&self.file, before)(error)));
            }
        };
        self.state = State::Lines(lines);
        Some(element)
    }

    fn next_record(&mut self, mut records: Box<Records<Content>>) -> Option<Element> {
        let Record { line, document, raw } = records.next()?;
        self.state = State::Csv(records);
        let file = || Arc::clone(&self.file);
        let document = document.map(Value::Object).map_err(|fault| match fault {
            Fault::Shape(reason) => InputError::Csv { file: file(), line, reason },
            Fault::TooLong => InputError::TooLong { file: file(), line, limit: self.bounds.element_bytes },
            Fault::Cut(source) => InputError::damaged(&self.file, line.saturating_sub(1))(source),
        });
        Some(Element { file: file(), number: line, document, raw })
    }

    fn next_of_array(&mut self, mut array: Array) -> Option<Element> {
        let mut line = None;
        let mut element = Vec::new();
        let mut too_long = false;
        loop {
            let at = array.splitter.line();
            let byte = match array.bytes.next() {
                None => break,
                Some(Ok(byte)) => byte,
                Some(Err(error)) => return Some(self.rejected(array.number + 1, InputError::damaged(&self.file, array.number)(error))),
            };
            match array.splitter.take(byte) {
                Step::Outside => {}
                Step::Part => {
                    line = line.or(Some(at));
                    too_long |= element.len() >= self.bounds.element_bytes;
                    if !too_long {
                        element.push(byte);
                    }
                }
                Step::End => {
                    array.number += 1;
                    let (number, line) = (array.number, line.unwrap_or(at));
                    self.state = State::Array(array);
                    return Some(if too_long { self.too_long(number, line) } else { self.element(number, line, &element) });
                }
                Step::Stray => return Some(self.broken_array(array.number + 1, at, "something follows the array")),
            }
        }
        let closed = array.splitter.is_closed();
        (!closed).then(|| self.broken_array(array.number + 1, array.splitter.line(), "the array is not closed"))
    }

    fn broken_array(&self, number: u64, line: u64, reason: &str) -> Element {
        let error = InputError::NotJson { file: Arc::clone(&self.file), line, column: 1, reason: reason.to_owned() };
        self.rejected(number, error)
    }

    fn whole(&self, content: Content, read: fn(&Self, u64, u64, &[u8]) -> Element) -> Element {
        let mut bytes = Vec::new();
        let most = (self.bounds.element_bytes as u64).saturating_add(1);
        match content.take(most).read_to_end(&mut bytes) {
            Err(error) => self.rejected(1, InputError::damaged(&self.file, 0)(error)),
            Ok(length) if length > self.bounds.element_bytes => self.too_long(1, 1),
            Ok(_) => read(self, 1, 1, &bytes),
        }
    }
}

/// Whether a content, unpacked where it is packed, has more than `limit` bytes; where the packing is broken, as far as it can
/// be read.
pub fn is_longer(file: &mut File, limit: u64) -> io::Result<bool> {
    let packed = is_packed(file)?;
    if !packed {
        return Ok(file.metadata()?.len() > limit);
    }
    let mut content = MultiGzDecoder::new(BufReader::new(file.try_clone()?));
    let (mut chunk, mut length) = (vec![0; CHUNK], 0);
    while length <= limit {
        match content.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(read) => length += read as u64,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(length > limit)
}

/// The content of a file from its beginning, unpacked and without its byte order mark, and whether it had one.
fn unpacked(file: &mut File) -> io::Result<(Content, bool)> {
    let packed = is_packed(file)?;
    let mut content: Content = if packed { Box::new(MultiGzDecoder::new(BufReader::new(file.try_clone()?))) } else { Box::new(file.try_clone()?) };
    let mut first = [0; BYTE_ORDER_MARK.len()];
    let length = read_up_to(&mut content, &mut first)?;
    let first = first.get(..length).unwrap_or_default().to_vec();
    if first == BYTE_ORDER_MARK {
        return Ok((content, true));
    }
    Ok((Box::new(io::Cursor::new(first).chain(content)), false))
}

/// Whether a file begins as gzip does; it is at its beginning afterwards.
fn is_packed(file: &mut File) -> io::Result<bool> {
    let mut magic = [0; GZIP.len()];
    file.seek(SeekFrom::Start(0))?;
    let length = read_up_to(file, &mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(length == GZIP.len() && magic == GZIP)
}

/// Fills as much of the buffer as there is.
fn read_up_to(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

impl std::fmt::Debug for State {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Lines(_) => "Lines",
            Self::Array(_) => "Array",
            Self::Document(_) => "Document",
            Self::Csv(_) => "Csv",
            Self::Cbor(_) => "Cbor",
            Self::Ended => "Ended",
        })
    }
}
