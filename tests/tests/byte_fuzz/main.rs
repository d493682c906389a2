//! Bytes that somebody else wrote, changed at random: whatever arrives is read or refused, and nothing panics.
//!
//! `NIGHTOWL_FUZZ_SECONDS` sets how long each reader is tried. The corpus is in `tests/corpus`: what ends in a panic is
//! added to it, so that it is tried first from then on. `tests/long.d/fuzz.sh` has libFuzzer search for inputs as well.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]
#![expect(clippy::print_stdout, reason = "the figures of a long run")]

mod change;

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use change::{Dice, changed};
use nightowl_tests::fuzz::{READERS, corpus, reader};

/// How long each reader is tried in the gate.
const SECONDS: u64 = 20;
/// How many of what was tried are changed further.
const KEPT: usize = 500;
/// One of so many is.
const KEEP_ONE_OF: u64 = 97;

fn seconds() -> Duration {
    Duration::from_secs(std::env::var("NIGHTOWL_FUZZ_SECONDS").map_or(SECONDS, |text| text.parse().unwrap()))
}

/// The inputs of a corpus, in the order of their names.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = fs::read_dir(corpus(name)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Tries the corpus, then changes of it until the time is over. What panics is kept.
fn fuzz(name: &str) {
    let read = reader(name).unwrap().read;
    let mut inputs = inputs(name);
    inputs.iter().for_each(|bytes| read(bytes));
    let seed = RandomState::new().build_hasher().finish() | 1;
    let mut dice = Dice(seed);
    let (began, mut tried) = (Instant::now(), 0_u64);
    while began.elapsed() < seconds() {
        let bytes = changed(&mut dice, &inputs);
        if catch_unwind(AssertUnwindSafe(|| read(&bytes))).is_err() {
            let kept = corpus(name).join(format!("panic-{seed:016x}-{tried}"));
            fs::write(&kept, &bytes).unwrap();
            unreachable!("{} panics (seed {seed}): {}", kept.display(), String::from_utf8_lossy(&bytes));
        }
        if tried.is_multiple_of(KEEP_ONE_OF) && inputs.len() < KEPT {
            inputs.push(bytes);
        }
        tried += 1;
    }
    println!("{name}: {tried} inputs in {:.0} s, none panics", began.elapsed().as_secs_f64());
    assert!(tried > 0);
}

macro_rules! fuzzed {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                fuzz($name);
            }
        )*

        #[test]
        fn every_reader_is_tried_and_has_a_corpus() {
            let tried = BTreeSet::from([$($name),*]);
            assert_eq!(tried, READERS.iter().map(|reader| reader.name).collect());
            assert!(tried.iter().all(|name| !inputs(name).is_empty()));
        }
    };
}

fuzzed! {
    the_path_language: "path",
    definitions: "definition",
    triggers: "trigger",
    rows_of_csv: "csv",
    documents_in_cbor: "cbor",
    events_of_s3: "event-s3",
    events_of_oss: "event-oss",
    invocations_of_azure: "event-azure",
    events_of_event_grid: "event-grid",
    batches_of_sqs: "event-sqs",
    notifications_of_sns: "event-sns",
    messages_of_mns: "event-mns",
    events_of_event_bridge: "event-bridge",
    ticks_of_timers: "event-timer",
    changes_of_tablestore: "event-tablestore",
    requests_over_platforms: "event-http",
    cloud_events: "event-cloud-events",
    changes_of_debezium: "event-debezium",
    envelopes_by_themselves: "event-direct",
}
