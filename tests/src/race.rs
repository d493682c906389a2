//! A race: processes of the real binary that fire at the same few rows of one store, and what has to stand in them
//! afterwards.

#![expect(clippy::unwrap_used, reason = "a race ends where the machine does not do as it should")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::process::Child;
use std::thread::JoinHandle;

use serde_json::{Value as Json, json};

use crate::shell::{Outcome, Shell};
use crate::stage::{merge, simple, topic};

/// How many processes fire.
pub const PROCESSES: usize = 8;
/// How many rows they meet in.
pub const HOT_ROWS: usize = 10;
/// The topics that are written.
pub const WRITTEN: [&str; 3] = ["hot", "kept", "loose"];

/// What is fired at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An aggregation topic: its rows have versions.
    Hot,
    /// A distinct topic with a unique index: rows are locked, inserts meet the index.
    Kept,
    /// An aggregation topic without a unique index: only guard rows keep two processes from inserting the same key.
    Loose,
    /// All three, each by another key, so that transactions hold several rows in any order.
    All,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 4] = [Self::Hot, Self::Kept, Self::Loose, Self::All];

    const fn code(self) -> &'static str {
        match self {
            Self::Hot => "to_hot",
            Self::Kept => "to_kept",
            Self::Loose => "to_loose",
            Self::All => "to_all",
        }
    }

    const fn writes(self, topic: usize) -> bool {
        match self {
            Self::Hot => topic == 0,
            Self::Kept => topic == 1,
            Self::Loose => topic == 2,
            Self::All => true,
        }
    }
}

/// The definitions of every race.
pub fn definitions() -> String {
    let sums = [("total", "number", ""), ("readings", "number", "")];
    let keyed = |name: &str, kind: &str, index: &str| topic(name, kind, &[&[("key", "text", index)], &sums[..]].concat());
    let mut topics = vec![keyed("hot", "aggregate", "u-1"), keyed("kept", "distinct", "u-1"), keyed("loose", "aggregate", "")];
    let upsert = |written: &str, factor: &str| {
        merge("insert-or-merge-row", written, &[("key", factor), ("total", "sum:{amount}"), ("readings", "count:{amount}")], &[("key", factor)])
    };
    let mut pipelines = Vec::new();
    for target in Target::ALL {
        let factors = [("first", "text", ""), ("second", "text", ""), ("third", "text", ""), ("amount", "number", "")];
        topics.push(topic(target.code(), "raw", &factors));
        let actions: Vec<Json> = WRITTEN
            .iter()
            .zip(["{first}", "{second}", "{third}"])
            .enumerate()
            .filter(|(place, _)| target.writes(*place))
            .map(|(_, (written, factor))| upsert(written, factor))
            .collect();
        pipelines.push(simple(&format!("p_{}", target.code()), target.code(), &actions));
    }
    json!({"topics": topics, "pipelines": pipelines}).to_string()
}

/// The file of one process, and what all files together lead to.
#[derive(Debug, Default)]
pub struct Expected {
    /// Topic and key: the sum of amounts, the number of readings.
    sums: BTreeMap<(&'static str, String), (i64, i64)>,
}

impl Expected {
    /// The triggers of a process, one a line; they are added to what is expected. Every file is another one.
    pub fn file(&mut self, target: Target, process: usize, triggers: usize) -> String {
        let mut lines = String::new();
        for number in 0..triggers {
            let seed = process * 7_919 + number * 104_729;
            let keys = [seed, seed / 10, seed / 100].map(|seed| format!("k{}", seed % HOT_ROWS));
            let amount = i64::try_from(seed % 997).unwrap() - 300;
            for (place, (written, key)) in WRITTEN.into_iter().zip(&keys).enumerate() {
                if target.writes(place) {
                    let sum = self.sums.entry((written, key.clone())).or_default();
                    *sum = (sum.0 + amount, sum.1 + 1);
                }
            }
            let data = json!({"first": keys[0], "second": keys[1], "third": keys[2], "amount": amount, "process": process, "number": number});
            writeln!(lines, "{}", json!({"code": target.code(), "data": data})).unwrap();
        }
        lines
    }

    /// Ends the test where the rows of the store are not the expected ones.
    pub fn assert(&self, shell: &Shell, storage: &str) {
        let mut found = BTreeMap::new();
        for written in WRITTEN {
            for row in shell.run(&["rows", written, "--storage", storage]).expect(0).lines() {
                let number = |factor: &str| {
                    row[factor].as_f64().map(|number| number as i64).unwrap_or_else(|| row[factor].as_str().unwrap().parse::<f64>().unwrap() as i64)
                };
                let before = found.insert((written, row["key"].as_str().unwrap().to_owned()), (number("total"), number("readings")));
                assert_eq!(before, None, "two rows of {written} have key {}", row["key"]);
            }
        }
        assert_eq!(found, self.sums);
    }
}

/// A store with the definitions, and a token for it.
pub fn prepared(shell: &Shell, storage: &str) -> String {
    let definitions = shell.write("race.json", definitions());
    let applied = shell.run(&["apply", &definitions, "--storage", storage]).expect(0);
    drop(applied);
    shell.issue(&["--storage", storage])
}

/// A process that fires a file. What it says is read all the time, so that it never waits for a reader while it holds locks.
#[derive(Debug)]
pub struct Racer {
    child: Child,
    said: [JoinHandle<String>; 2],
}

impl Racer {
    /// Starts a process with more arguments.
    pub fn start(shell: &Shell, storage: &str, pat: &str, file: &str, more: &[&str]) -> Self {
        let arguments = [&["trigger", file, "--storage", storage, "--json"], more].concat();
        let mut child = shell.command(&arguments).env("NIGHTOWL_PAT", pat).spawn().unwrap();
        let said = [read(child.stdout.take().unwrap()), read(child.stderr.take().unwrap())];
        Self { child, said }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for its end.
    pub fn end(mut self) -> Outcome {
        let ended = self.child.wait().unwrap();
        let [stdout, stderr] = self.said.map(|said| said.join().unwrap());
        Outcome { code: ended.code(), stdout, stderr }
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Fires a file to its end.
pub fn fire(shell: &Shell, storage: &str, pat: &str, file: &str) -> Outcome {
    Racer::start(shell, storage, pat, file, &[]).end()
}
