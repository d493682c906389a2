//! What files hold: envelopes, CSV, CBOR.

#![expect(clippy::expect_used, reason = "a test ends where it can not have its temporary file")]

use std::fs;
use std::path::PathBuf;

use nightowl::door::Envelope;
use nightowl::event::read_cbor;
use nightowl::input::{Bounds, Source};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::value::{JsonStyle, json_text, read_json_bytes};
use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("a temporary folder");
}

/// Hands a file with these bytes over; each thread has files of its own.
pub(super) fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(PathBuf)) {
    let file = FOLDER.with(|folder| folder.path().join(name));
    fs::write(&file, bytes).expect("a temporary file");
    read(file);
}

pub(super) fn trigger(bytes: &[u8]) {
    if let Ok(document) = read_json_bytes(bytes, JSON_DEPTH) {
        drop(Envelope::read(&document));
    }
    with_file("triggers", bytes, |file| elements(&Source::file(file)));
}

pub(super) fn csv(bytes: &[u8]) {
    with_file("rows", bytes, |file| elements(&Source::file(file).or_csv()));
}

pub(super) fn cbor(bytes: &[u8]) {
    if let Ok(document) = read_cbor(bytes) {
        // what was read can be written, and what is written is the same document
        let text = json_text(&document, JsonStyle::Document);
        let again = read_json_bytes(text.as_bytes(), JSON_DEPTH);
        assert_eq!(again.map(|again| json_text(&again, JsonStyle::Document)), Ok(text));
    }
}

fn elements(source: &Source) {
    // a small bound, so that it is met
    let bounds = Bounds { element_bytes: 4096, ..Bounds::default() };
    let Ok(input) = source.open(bounds) else { return };
    for element in input {
        drop(element.document.map(|document| Envelope::read(&document).map(drop)));
    }
}
