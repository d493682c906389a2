//! What the process used, as Linux tells it; elsewhere it is not told.

/// Ticks of a second in `/proc/self/stat`; fixed for programs, whatever the kernel's own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time, of all threads, user and system.
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// Forgets the peak of the memory so far, so that the next look tells this measurement's own.
pub(super) fn forget_peak() {
    if let Err(error) = std::fs::write("/proc/self/clear_refs", "5") {
        tracing::debug!(%error, "the peak of the memory can not be reset here");
    }
}

/// The peak of the resident memory in MiB.
pub(super) fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
