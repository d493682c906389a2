//! Lines of bounded length out of a stream.

use std::io::{self, BufRead, BufReader, Read};

/// How many bytes are asked for at once.
const CHUNK: usize = 64 * 1024;

/// The lines of a stream; the longest one that is allowed is the most that is held.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
}

/// One line that is not blank.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line, without its end.
    Text {
        /// Its number, from 1; blank lines count.
        number: u64,
        /// What it says.
        bytes: &'a [u8],
    },
    /// A line longer than allowed; it was skipped.
    TooLong {
        /// Its number.
        number: u64,
    },
}

impl<R: Read> Lines<R> {
    /// The lines of a stream, of at most `limit` bytes each.
    pub(super) fn new(stream: R, limit: usize) -> Self {
        Self { reader: BufReader::with_capacity(CHUNK, stream), limit, number: 0, buffer: Vec::new() }
    }

    /// The next line that is not blank; `None` at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            match self.read_line()? {
                None => return Ok(None),
                Some(Fill::TooLong) => return Ok(Some(Line::TooLong { number: self.number })),
                Some(Fill::Line) if self.buffer.trim_ascii().is_empty() => {}
                Some(Fill::Line) => break,
            }
        }
        let bytes = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        Ok(Some(Line::Text { number: self.number, bytes }))
    }

    /// How many lines were read, blank ones included.
    pub(super) const fn read(&self) -> u64 {
        self.number
    }

    /// Reads a line into the buffer; `None` when nothing is left.
    fn read_line(&mut self) -> io::Result<Option<Fill>> {
        self.buffer.clear();
        let mut fill = Fill::Line;
        let mut anything = false;
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break;
            }
            anything = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let (piece, used) = end.map_or((chunk, chunk.len()), |end| (chunk.get(..end).unwrap_or_default(), end + 1));
            if self.buffer.len() + piece.len() > self.limit {
                fill = Fill::TooLong;
                self.buffer.clear();
            } else if matches!(fill, Fill::Line) {
                self.buffer.extend_from_slice(piece);
            }
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !anything {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(fill))
    }
}

/// What became of a line.
enum Fill {
    Line,
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(content: &str, limit: usize) -> Vec<String> {
        let mut lines = Lines::new(content.as_bytes(), limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().expect("memory does not fail") {
            found.push(match line {
                Line::Text { number, bytes } => format!("{number}:{}", String::from_utf8_lossy(bytes)),
                Line::TooLong { number } => format!("{number}!"),
            });
        }
        found
    }

    #[test]
    fn blank_lines_are_skipped_and_counted() {
        assert_eq!(all("a\n\n  \r\nb\r\nc", 10), ["1:a", "4:b", "5:c"]);
        assert_eq!(all("", 10), Vec::<String>::new());
        assert_eq!(all("\n", 10), Vec::<String>::new());
    }

    #[test]
    fn a_long_line_is_skipped_whole() {
        assert_eq!(all("12345\n123456\n1\n", 5), ["1:12345", "2!", "3:1"]);
        let long = "x".repeat(3 * CHUNK + 7);
        assert_eq!(all(&format!("{long}\nok\n{long}"), CHUNK), ["1!", "2:ok", "3!"]);
        assert_eq!(all(&format!("{long}\nok"), 4 * CHUNK), [format!("1:{long}"), "2:ok".to_owned()]);
    }
}
