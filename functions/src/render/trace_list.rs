//! `nightowl traces`: one line for each trace (design.md §4). The columns are as wide for one line as for many, so that
//! lines can be added while others watch.

use super::text::{Appearance, Tint, padded, write_tinted};

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSummary {
    /// When its trigger came, as it is shown.
    pub at: String,
    /// The trace id.
    pub trace_id: String,
    /// How it ended: `done`, `error`, `pending`.
    pub status: String,
    /// The trigger's topic.
    pub topic: String,
    /// How many of its pipeline runs failed.
    pub failed: u64,
    /// How many pipeline runs it had.
    pub runs: u64,
    /// How long they took together, in milliseconds; `None` while that is not known.
    pub spent_ms: Option<u64>,
}

/// Columns of time, trace id, status, failed/total and milliseconds, and the gap between two.
const AT: usize = 23;
const TRACE_ID: usize = 19;
const STATUS: usize = 7;
const FAILED: usize = 9;
const SPENT: usize = 8;
const GAP: &str = "  ";
/// The topic gets what is left, within these bounds.
const TOPIC: std::ops::RangeInclusive<usize> = 8..=40;

/// Header and lines.
pub fn trace_list<'a>(traces: impl IntoIterator<Item = &'a TraceSummary>, appearance: Appearance) -> String {
    let mut out = list_header(appearance);
    for trace in traces {
        out.push_str(&list_line(trace, appearance));
    }
    out
}

/// The names of the columns.
pub fn list_header(appearance: Appearance) -> String {
    let mut out = String::new();
    let names = ["time", "trace id", "status", "topic", "failed/of", "ms"].map(str::to_owned);
    write_line([Tint::Faint; 6], &names, appearance, &mut out);
    out
}

/// One trace.
pub fn list_line(trace: &TraceSummary, appearance: Appearance) -> String {
    let status = match trace.status.to_ascii_lowercase().as_str() {
        "done" => Tint::Good,
        "error" => Tint::Bad,
        _ => Tint::Changed,
    };
    let failed = if trace.failed > 0 { Tint::Bad } else { Tint::Plain };
    let texts = [
        trace.at.clone(),
        trace.trace_id.clone(),
        trace.status.clone(),
        trace.topic.clone(),
        format!("{}/{}", trace.failed, trace.runs),
        trace.spent_ms.map_or_else(|| "-".to_owned(), |milliseconds| milliseconds.to_string()),
    ];
    let mut out = String::new();
    write_line([Tint::Plain, Tint::Strong, status, Tint::Plain, failed, Tint::Plain], &texts, appearance, &mut out);
    out
}

fn write_line(tints: [Tint; 6], texts: &[String; 6], appearance: Appearance, out: &mut String) {
    let others = AT + TRACE_ID + STATUS + FAILED + SPENT + 5 * GAP.len();
    let topic = appearance.width.map_or(*TOPIC.end(), |columns| columns.saturating_sub(others).clamp(*TOPIC.start(), *TOPIC.end()));
    let columns = [AT, TRACE_ID, STATUS, topic, FAILED, SPENT];
    for (index, ((text, tint), columns)) in texts.iter().zip(tints).zip(columns).enumerate() {
        if index > 0 {
            out.push_str(GAP);
        }
        // a trace id is copied: it is never shortened
        let cell = if index == 1 && text.len() > columns { text.clone() } else { padded(text, columns) };
        let cell = if index >= 4 { format!("{:>columns$}", cell.trim_end()) } else { cell };
        write_tinted(tint, &super::text::visible(&cell), appearance, out);
    }
    out.push('\n');
}
