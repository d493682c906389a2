//! CSV: a header, then a document for each record (surface.md §15.3). Values are texts; an empty one is null.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, StringRecord};
use nightowl_core::value::{Object, Value};

/// How many bytes are read ahead.
const CHUNK: usize = 64 * 1024;

/// How lines of values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvForm {
    /// Whether the first line names the columns.
    pub header: bool,
    /// What stands between values.
    pub separator: u8,
    /// The columns, where no line names them.
    pub columns: Vec<String>,
}

/// Whether a content is CSV.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CsvReading {
    /// It is not.
    #[default]
    Never,
    /// It is where it begins neither as JSON nor as CBOR.
    Otherwise(CsvForm),
    /// It is, whatever it looks like.
    Always(CsvForm),
}

impl Default for CsvForm {
    fn default() -> Self {
        Self { header: true, separator: b',', columns: Vec::new() }
    }
}

impl CsvReading {
    /// How it is read, where it may be CSV.
    pub(super) fn form(&self) -> CsvForm {
        match self {
            Self::Never => CsvForm::default(),
            Self::Otherwise(form) | Self::Always(form) => form.clone(),
        }
    }
}

/// The records of a stream; the longest one that is allowed is about the most that is held.
pub(super) struct Records<R> {
    reader: Reader<Metered<R>>,
    limit: usize,
    separator: u8,
    names: Option<Vec<String>>,
    record: ByteRecord,
    ended: bool,
}

/// A record with its line, or why it is none.
#[derive(Debug)]
pub(super) struct Record {
    /// The line at which it begins, from 1.
    pub(super) line: u64,
    /// The document.
    pub(super) document: Result<Object, Fault>,
    /// The values of a record that is none, as far as they are held.
    pub(super) raw: Vec<u8>,
}

/// What is wrong with a record.
#[derive(Debug)]
pub(super) enum Fault {
    /// It does not fit the header, it is not UTF-8, or the header itself is wrong.
    Shape(String),
    /// It is too long: a quote may be left open. Where it is far too long, the rest is lost.
    TooLong,
    /// The stream ends too early. The rest is lost.
    Cut(io::Error),
}

impl<R: Read> Records<R> {
    /// The records of a stream, of at most `limit` bytes each.
    pub(super) fn new(stream: R, limit: usize, form: CsvForm) -> Self {
        // the reader takes byte by byte: what it took tells at which line a record begins
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(form.separator).buffer_capacity(1).from_reader(Metered::new(stream));
        let names = (!form.header).then_some(form.columns);
        Self { reader, limit, separator: form.separator, names, record: ByteRecord::new(), ended: false }
    }

    /// Reads a record; `None` at the end.
    fn read(&mut self) -> Option<Result<(), Fault>> {
        self.reader.get_mut().begin(self.limit.saturating_add(CHUNK));
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) if self.record.as_slice().len() > self.limit => Some(Err(Fault::TooLong)),
            Ok(true) => Some(Ok(())),
            Ok(false) => None,
            Err(error) => {
                self.ended = true;
                Some(Err(match error.into_kind() {
                    ErrorKind::Io(_) if self.reader.get_ref().left == 0 => Fault::TooLong,
                    ErrorKind::Io(error) => Fault::Cut(error),
                    other => Fault::Shape(format!("{other:?}")),
                }))
            }
        }
    }

    /// The line at which the record begins that was read last.
    fn line(&self) -> u64 {
        let metered = self.reader.get_ref();
        metered.begun.unwrap_or(metered.line)
    }

    /// The values of the record that was read last, without their quotes.
    fn raw(&self) -> Vec<u8> {
        self.record.iter().collect::<Vec<_>>().join(&self.separator)
    }

    /// The texts of the record that was read last.
    fn texts(&self) -> Result<StringRecord, Fault> {
        StringRecord::from_byte_record(self.record.clone())
            .map_err(|error| Fault::Shape(format!("value {} of the record is not UTF-8", error.utf8_error().field() + 1)))
    }

    /// Reads the names of the columns; `None` where there is not even a header.
    fn read_names(&mut self) -> Option<Result<Vec<String>, Fault>> {
        if let Err(fault) = self.read()? {
            return Some(Err(fault));
        }
        Some(self.texts().and_then(|texts| {
            let names: Vec<String> = texts.iter().map(|name| name.trim().to_owned()).collect();
            let mut seen = BTreeSet::new();
            let wrong = names.iter().find(|name| name.is_empty() || !seen.insert(name.as_str())).cloned();
            drop(seen);
            match wrong {
                None => Ok(names),
                Some(name) if name.is_empty() => Err(Fault::Shape("the header has a column without a name".to_owned())),
                Some(name) => Err(Fault::Shape(format!("the header has two columns \"{name}\""))),
            }
        }))
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.ended {
            return None;
        }
        if self.names.is_none() {
            match self.read_names()? {
                Ok(names) => self.names = Some(names),
                Err(fault) => {
                    self.ended = true;
                    return Some(Record { line: self.line(), document: Err(fault), raw: self.raw() });
                }
            }
        }
        let read = self.read()?;
        let names = self.names.as_deref().unwrap_or_default();
        let document = read.and_then(|()| self.texts()).and_then(|texts| {
            if texts.len() != names.len() {
                return Err(Fault::Shape(format!("the record has {} values where the header names {}", texts.len(), names.len())));
            }
            let value = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
            Ok(names.iter().map(String::as_str).zip(texts.iter().map(value)).collect())
        });
        let raw = if document.is_err() { self.raw() } else { Vec::new() };
        Some(Record { line: self.line(), document, raw })
    }
}

impl<R> std::fmt::Debug for Records<R> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Records").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A stream that counts lines, and that ends in an error where a record takes more than it may, so that an open quote does
/// not fill the memory.
struct Metered<R> {
    stream: BufReader<R>,
    /// How many bytes the record may still take.
    left: usize,
    /// The line of the next byte, from 1.
    line: u64,
    /// The line at which the record begins, behind blank ones.
    begun: Option<u64>,
}

impl<R: Read> Metered<R> {
    fn new(stream: R) -> Self {
        Self { stream: BufReader::with_capacity(CHUNK, stream), left: 0, line: 1, begun: None }
    }

    /// A record of at most so many bytes comes next.
    const fn begin(&mut self, most: usize) {
        self.left = most;
        self.begun = None;
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("a record is too long"));
        }
        let most = buffer.len().min(self.left);
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let length = self.stream.read(buffer)?;
        for byte in buffer.iter().take(length) {
            if self.begun.is_none() && !matches!(byte, b'\r' | b'\n') {
                self.begun = Some(self.line);
            }
            self.left -= usize::from(self.begun.is_some());
            self.line += u64::from(*byte == b'\n');
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use nightowl_core::value::{JsonStyle, json_text};

    use super::*;

    fn all(content: &[u8], limit: usize) -> Vec<String> {
        let shown = |record: Record| match record.document {
            Ok(document) => format!("{} {}", record.line, json_text(&Value::Object(document), JsonStyle::Document)),
            Err(Fault::Shape(reason)) => format!("{}! {reason}", record.line),
            Err(fault) => format!("{}! {fault:?}", record.line),
        };
        Records::new(content, limit, CsvForm::default()).map(shown).collect()
    }

    #[test]
    fn a_record_is_a_document_of_texts() {
        let content = b"no, name ,\xc3\xb6\r\n1,\"a \"\"b\"\", c\",\n\n2,\"two\nlines\",x\n";
        let expected = [r#"2 {"no":"1","name":"a \"b\", c","ö":null}"#, r#"4 {"no":"2","name":"two\nlines","ö":"x"}"#];
        assert_eq!(all(content, 100), expected);
        assert_eq!(all(b"a,b\n", 100), Vec::<String>::new());
        assert_eq!(all(b"", 100), Vec::<String>::new());
    }

    #[test]
    fn columns_are_named_where_no_line_names_them() {
        let form = CsvForm { header: false, separator: b';', columns: vec!["no".to_owned(), "name".to_owned()] };
        let shown = |record: Record| (record.line, record.document.map(|document| json_text(&Value::Object(document), JsonStyle::Document)).unwrap());
        let found: Vec<_> = Records::new(b"1;a,b\n;c\n".as_slice(), 100, form).map(shown).collect();
        assert_eq!(found, [(1, r#"{"no":"1","name":"a,b"}"#.to_owned()), (2, r#"{"no":null,"name":"c"}"#.to_owned())]);
    }

    #[test]
    fn a_broken_record_is_told_and_the_rest_goes_on() {
        let found = all(b"a,b\n1\n\xff,2\n3,4,5\n6,7\n", 100);
        assert_eq!(found[0], "2! the record has 1 values where the header names 2");
        assert_eq!(found[1], "3! value 1 of the record is not UTF-8");
        assert_eq!(found[2..], ["4! the record has 3 values where the header names 2", r#"5 {"a":"6","b":"7"}"#]);
        assert_eq!(all(b"a,,b\n1,2,3\n", 100), ["1! the header has a column without a name"]);
        assert_eq!(all(b"a,a\n1,2\n", 100), ["1! the header has two columns \"a\""]);
    }

    #[test]
    fn an_open_quote_ends_at_the_bound() {
        let short = format!("a\n1\n{}\n2\n", "x".repeat(200));
        assert_eq!(all(short.as_bytes(), 100), [r#"2 {"a":"1"}"#, "3! TooLong", r#"4 {"a":"2"}"#]);
        let open = format!("a\n1\n\"{}", "x\n".repeat(CHUNK * 3));
        let found = all(open.as_bytes(), 100);
        assert_eq!((found.len(), found[0].as_str()), (2, r#"2 {"a":"1"}"#));
        assert!(found[1].ends_with("! TooLong"), "{found:?}");
    }
}
