//! One reader under libFuzzer: that which `NIGHTOWL_FUZZ_READER` names. All of them share one binary, because each of its
//! own would be as large as the engine.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nightowl_tests::fuzz::{Reader, reader};

static READER: LazyLock<Reader> = LazyLock::new(|| {
    let name = std::env::var("NIGHTOWL_FUZZ_READER").unwrap_or_default();
    reader(&name).unwrap_or_else(|| panic!("NIGHTOWL_FUZZ_READER is \"{name}\", which is no reader"))
});

fuzz_target!(|bytes: &[u8]| (READER.read)(bytes));
