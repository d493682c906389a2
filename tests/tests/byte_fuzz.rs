//! Bytes that somebody else wrote, changed at random: whatever arrives is read or refused, and nothing panics.
//!
//! `NIGHTOWL_FUZZ_SECONDS` sets how long each input is tried; `tests/long.d/fuzz.sh` asks for more. The corpus is in
//! `tests/corpus`: what ends in a panic is added to it, so that it is tried first from then on.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]
#![expect(clippy::print_stdout, reason = "the figures of a long run")]

use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nightowl::door::Envelope;
use nightowl::{definition, input};
use nightowl_core::compile::{Catalog, CatalogSource};
use nightowl_core::limits::JSON_DEPTH;
use nightowl_core::model::{FactorType, Problems};
use nightowl_core::path::{Names, PathContext, Template};
use nightowl_core::value::{DateFormats, read_json_bytes};

/// How long each input is tried in the gate.
const SECONDS: u64 = 2;
/// The longest input that is tried.
const LONGEST: usize = 16_384;
/// Pieces that matter to one of the readers.
const PIECES: [&str; 34] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    ".",
    "&",
    "(",
    ")",
    "null",
    "true",
    "-0",
    "1e999",
    "0.1",
    "\\u0000",
    "\\uD83D",
    "é",
    "😀",
    "&old",
    "&now",
    "&length",
    "&firstRow(a, desc)",
    "date'2024-02-30'",
    "\n",
    "\t",
    "- ",
    "? ",
    "&a *a",
    "topics",
    "pipelines",
    "99999999999999999999",
];

/// Random numbers; their seed is printed with what fails.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

fn seconds() -> Duration {
    Duration::from_secs(std::env::var("NIGHTOWL_FUZZ_SECONDS").map_or(SECONDS, |text| text.parse().unwrap()))
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

/// One to eight changes: bytes flipped, taken away, doubled, swapped for pieces, or the end of another input.
fn changed(dice: &mut Dice, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = inputs[dice.roll(inputs.len())].clone();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(bytes.len() + 1);
        let to = (at + dice.roll(12)).min(bytes.len());
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let copy = bytes[at..to].to_vec();
                let times = 1 + dice.roll(200);
                bytes.splice(at..at, copy.repeat(times));
            }
            3 => {
                let other = &inputs[dice.roll(inputs.len())];
                let from = dice.roll(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => drop(bytes.splice(at..to, PIECES[dice.roll(PIECES.len())].bytes())),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

/// Tries the corpus, then changes of it until the time is over. What panics is kept.
fn fuzz(name: &str, mut read: impl FnMut(&[u8])) {
    let folder = corpus(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut inputs: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    inputs.iter().for_each(|bytes| read(bytes));
    let seed = RandomState::new().build_hasher().finish() | 1;
    let mut dice = Dice(seed);
    let (began, mut tried) = (Instant::now(), 0_u64);
    while began.elapsed() < seconds() {
        let bytes = changed(&mut dice, &inputs);
        if catch_unwind(AssertUnwindSafe(|| read(&bytes))).is_err() {
            let kept = folder.join(format!("panic-{seed:016x}-{tried}"));
            fs::write(&kept, &bytes).unwrap();
            unreachable!("{} panics (seed {seed}): {}", kept.display(), String::from_utf8_lossy(&bytes));
        }
        // Some of what was tried is changed further.
        if tried % 97 == 0 && inputs.len() < 500 {
            inputs.push(bytes);
        }
        tried += 1;
    }
    println!("{name}: {tried} inputs in {:.0} s, none panics", began.elapsed().as_secs_f64());
    assert!(tried > 0);
}

struct Known;

impl Names for Known {
    fn variable_slot(&self, name: &str) -> Option<usize> {
        (name == "v").then_some(0)
    }

    fn factor(&self, name: &str) -> Option<FactorType> {
        (name == "l").then_some(FactorType::Array)
    }
}

#[test]
fn the_path_language() {
    let dates = DateFormats::default();
    fuzz("path", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for in_criteria in [false, true] {
            drop(Template::parse(Some(&text), &PathContext { names: &Known, dates: &dates, in_criteria }));
        }
    });
}

#[test]
fn definitions() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["json", "yaml"].map(|ending| folder.path().join(format!("definitions.{ending}")));
    fuzz("definition", |bytes| {
        for file in &files {
            fs::write(file, bytes).unwrap();
            let loaded = definition::load(std::slice::from_ref(file));
            let source = CatalogSource {
                tenant_id: "1".to_owned(),
                topics: loaded.definitions.topics,
                pipelines: loaded.definitions.pipelines.into_iter().map(|pipeline| (pipeline, String::new()).into()).collect(),
                ..CatalogSource::default()
            };
            drop(Catalog::compile(source, &mut Problems::default()));
        }
    });
}

#[test]
fn triggers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("triggers.ndjson");
    fuzz("trigger", |bytes| {
        if let Ok(document) = read_json_bytes(bytes, JSON_DEPTH) {
            drop(Envelope::read(&document));
        }
        fs::write(&file, bytes).unwrap();
        for source in input::find(std::slice::from_ref(&file)).unwrap() {
            if let Ok(elements) = source.open(input::Bounds::default()) {
                for element in elements {
                    drop(element.document.map(|document| Envelope::read(&document).map(drop)));
                }
            }
        }
    });
}
