//! What can be wrong with a trigger file.

use std::io;
use std::sync::Arc;

use nightowl_core::error::{Coded, ErrorClass};
use nightowl_core::value::JsonError;

/// Why a file can not be read, or one element of it is rejected.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file or folder is not there or can not be read (`trigger-file-unreadable`).
    #[error("read {file}: {source}")]
    Unreadable {
        /// As it was given.
        file: Arc<str>,
        /// What the operating system or the decompressor says.
        source: io::Error,
    },
    /// The rest of a file is lost: a packed content that is cut off or damaged (`trigger-file-damaged`).
    #[error("{file}: nothing can be read behind element {elements}: {source}; the file is cut off or damaged, what stands before was read; get it whole")]
    Damaged {
        /// As it was given.
        file: Arc<str>,
        /// How many lines or elements were read before.
        elements: u64,
        /// What the decompressor says.
        source: io::Error,
    },
    /// An element is no JSON (`trigger-not-json`).
    #[error("{file}, line {line}, column {column}: {reason}; send valid JSON")]
    NotJson {
        /// The file.
        file: Arc<str>,
        /// The line of the file, from 1.
        line: u64,
        /// The column in bytes, from 1.
        column: u64,
        /// What the parser says.
        reason: String,
    },
    /// A record of a CSV file does not fit its header (`trigger-csv-wrong`).
    #[error("{file}, line {line}: {reason}; give every record the columns of the header, in UTF-8")]
    Csv {
        /// The file.
        file: Arc<str>,
        /// The line of the file, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// An element is not UTF-8 (`trigger-not-json`).
    #[error("{file}, line {line}: byte {offset} of the element is not UTF-8; send JSON in UTF-8")]
    NotUtf8 {
        /// The file.
        file: Arc<str>,
        /// The line of the file at which the element begins, from 1.
        line: u64,
        /// The offset of the first wrong byte in the element.
        offset: usize,
    },
    /// A file is no CBOR (`event-not-cbor`).
    #[error("{file}: {reason}")]
    NotCbor {
        /// The file.
        file: Arc<str>,
        /// What is wrong.
        reason: String,
    },
    /// An element nests too deep (`limit-json-depth`).
    #[error("{file}, line {line}: objects and arrays nest deeper than {limit}; flatten the document or raise limits.json_depth")]
    TooDeep {
        /// The file.
        file: Arc<str>,
        /// The line of the file, from 1.
        line: u64,
        /// The bound, in levels.
        limit: usize,
    },
    /// An element is too long (`limit-body`).
    #[error("{file}, line {line}: the element has more than {limit} bytes; split it or raise limits.body_bytes")]
    TooLong {
        /// The file.
        file: Arc<str>,
        /// The line of the file at which the element begins, from 1.
        line: u64,
        /// The bound, in bytes.
        limit: usize,
    },
}

impl InputError {
    /// A file that can not be read.
    pub(super) fn unreadable(file: &Arc<str>) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = Arc::clone(file);
        move |source| Self::Unreadable { file, source }
    }

    /// A file whose rest can not be read.
    pub(super) fn damaged(file: &Arc<str>, elements: u64) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = Arc::clone(file);
        move |source| Self::Damaged { file, elements, source }
    }

    /// An element that begins on a line of a file and was not understood.
    pub(super) fn of_json(file: &Arc<str>, first_line: u64, error: JsonError) -> Self {
        let file = Arc::clone(file);
        let at = |line: usize| first_line + (line as u64).saturating_sub(1);
        match error {
            JsonError::Syntax { line, column, reason } => Self::NotJson { file, line: at(line), column: column as u64, reason },
            JsonError::NotUtf8 { offset } => Self::NotUtf8 { file, line: first_line, offset },
            JsonError::TooDeep { line, limit, .. } => Self::TooDeep { file, line: at(line), limit },
        }
    }
}

impl Coded for InputError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "trigger-file-unreadable",
            Self::Damaged { .. } => "trigger-file-damaged",
            Self::Csv { .. } => "trigger-csv-wrong",
            Self::NotJson { .. } | Self::NotUtf8 { .. } => "trigger-not-json",
            Self::NotCbor { .. } => "event-not-cbor",
            Self::TooDeep { .. } => "limit-json-depth",
            Self::TooLong { .. } => "limit-body",
        }
    }

    fn class(&self) -> ErrorClass {
        ErrorClass::Reject
    }
}
