//! The workload as a file, fired as `nightowl trigger` fires it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::subject::Subject;
use super::{BenchError, Workload};
use crate::cli::firing::Firing;

/// How many triggers the first file of the warm-up has.
const FIRST_TRIGGERS: u64 = 2_000;
/// How many triggers the first file of a prefill has; the next ones have one more each.
const PREFILL_TRIGGERS: u64 = 50_000;
/// How long the warm-up fires at least.
const WARM_UP_SECONDS: f64 = 2.0;

/// Fires a workload as files.
pub(super) struct FileLoad<'a> {
    /// What is measured.
    pub subject: &'a Subject,
    /// What is fired.
    pub workload: &'a Workload,
}

impl FileLoad<'_> {
    /// Fires so many triggers, in files that are all different: a file that was fired is not fired again.
    pub(super) async fn prefill(&self, triggers: u64) -> Result<(), BenchError> {
        let (mut left, mut length) = (triggers, PREFILL_TRIGGERS);
        while left > 0 {
            let count = length.min(left);
            self.fire("prefill.ndjson", count).await?;
            left -= count;
            length += 1;
        }
        Ok(())
    }

    /// Fires the warm-up: a file to learn the rate, and one that fills the time. Gives how many triggers it fired, and
    /// how many fill `time`.
    pub(super) async fn warm_up(&self, time: Duration, triggers: Option<u64>) -> Result<(u64, u64), BenchError> {
        let took = self.fire("warm-up-1.ndjson", FIRST_TRIGGERS).await?;
        let first_rate = FIRST_TRIGGERS as f64 / took.as_secs_f64().max(0.001);
        let second = ((first_rate * WARM_UP_SECONDS) as u64).max(FIRST_TRIGGERS + 1);
        let took = self.fire("warm-up-2.ndjson", second).await?;
        let rate = second as f64 / took.as_secs_f64().max(0.001);
        Ok((FIRST_TRIGGERS + second, triggers.unwrap_or((rate * time.as_secs_f64()) as u64).max(second + 1)))
    }

    /// Writes a file of so many triggers and fires it; writing is not counted.
    pub(super) async fn fire(&self, name: &str, triggers: u64) -> Result<Duration, BenchError> {
        let file = self.write(name, triggers)?;
        let firing = Firing::new(self.subject.node(), &self.subject.settings, Some(self.subject.credentials.clone()), None, false)?;
        let began = Instant::now();
        let counts = firing.fire_all(&[file]).await.map_err(|error| BenchError::Ended { reason: error.to_string() })?;
        let took = began.elapsed();
        if counts.done != counts.triggers() {
            return Err(BenchError::Ended { reason: format!("of {} triggers only {} were done", counts.triggers(), counts.done) });
        }
        Ok(took)
    }

    fn write(&self, name: &str, triggers: u64) -> Result<PathBuf, BenchError> {
        let file = self.subject.folder().join(name);
        let mut out = BufWriter::new(File::create(&file)?);
        for position in 0..triggers {
            let Some(document) = self.workload.trigger(position) else { break };
            writeln!(out, "{document}")?;
        }
        out.flush()?;
        Ok(file)
    }
}
