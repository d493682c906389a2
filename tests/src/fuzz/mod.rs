//! The readers of what others wrote, each behind one function of bytes that must end, whatever the bytes are: in a value
//! or in an error. `tests/tests/byte_fuzz` feeds them changed bytes; `tests/fuzz` has libFuzzer search for them.
//!
//! The corpus of a reader is the folder of its name in `tests/corpus`.

mod event;
mod file;
mod language;

use std::path::{Path, PathBuf};

/// One reader.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// Reads bytes; it may refuse them, and may not panic.
    pub read: fn(&[u8]),
}

/// All of them: the language of paths, definitions, what files hold, and one for each decoder of events.
pub const READERS: [Reader; 19] = [
    Reader { name: "path", read: language::path },
    Reader { name: "definition", read: language::definition },
    Reader { name: "trigger", read: file::trigger },
    Reader { name: "csv", read: file::csv },
    Reader { name: "cbor", read: file::cbor },
    Reader { name: "event-s3", read: event::s3 },
    Reader { name: "event-oss", read: event::oss },
    Reader { name: "event-azure", read: event::azure },
    Reader { name: "event-grid", read: event::grid },
    Reader { name: "event-sqs", read: event::sqs },
    Reader { name: "event-sns", read: event::sns },
    Reader { name: "event-mns", read: event::mns },
    Reader { name: "event-bridge", read: event::bridge },
    Reader { name: "event-timer", read: event::timer },
    Reader { name: "event-tablestore", read: event::tablestore },
    Reader { name: "event-http", read: event::http },
    Reader { name: "event-cloud-events", read: event::cloud_events },
    Reader { name: "event-debezium", read: event::debezium },
    Reader { name: "event-direct", read: event::direct },
];

/// The reader of a name.
pub fn reader(name: &str) -> Option<Reader> {
    READERS.into_iter().find(|reader| reader.name == name)
}

/// Where the corpus of a reader is.
pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}
