//! Where the command line writes: data to stdout, everything else to stderr.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use crate::render::Appearance;

/// Buffered stdout.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// A line to stdout.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
}

/// How trees and tables look on stdout: colours and shortened lines on a terminal only.
pub(super) fn appearance() -> Appearance {
    if !io::stdout().is_terminal() {
        return Appearance::default();
    }
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Appearance { width: Some(width.unwrap_or(120)), colours: std::env::var_os("NO_COLOR").is_none() }
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
