//! Where the command line writes: data to stdout, everything else to stderr.

use std::io::{self, BufWriter, StdoutLock, Write};

/// Buffered stdout.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// A line to stdout.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
}

/// A line to stderr. A stderr that is gone is nothing that could be reported.
pub(super) fn note(text: &str) {
    if writeln!(io::stderr().lock(), "{text}").is_err() {
        tracing::debug!("stderr is closed");
    }
}

/// An error to stderr.
pub(super) fn problem(text: &str) {
    note(text);
}
