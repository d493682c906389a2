//! A tree in lines.

use super::text::{Appearance, Span, Tint, shortened, split_at_width, width, write_tinted};

/// One node: a line and what is below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    head: Vec<Span>,
    tail: Vec<Span>,
    wraps: bool,
    /// What is below it.
    pub(super) children: Vec<Node>,
}

impl Node {
    /// A node without text.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a text; it is shortened when the line is too long.
    pub(super) fn text(mut self, tint: Tint, text: &str) -> Self {
        self.head.push(Span::new(tint, text));
        self
    }

    /// Adds a text at the end of the line; it is never shortened.
    pub(super) fn end(mut self, tint: Tint, text: &str) -> Self {
        self.tail.push(Span::new(tint, text));
        self
    }

    /// Puts a text before all others.
    pub(super) fn text_before(mut self, text: &str) -> Self {
        self.head.insert(0, Span::new(Tint::Plain, text));
        self
    }

    /// Goes on in the next line instead of being shortened.
    pub(super) const fn wrapping(mut self) -> Self {
        self.wraps = true;
        self
    }

    /// Writes the node and all below it. A node on the highest level has no branch before it.
    pub(super) fn write(&self, appearance: Appearance, out: &mut String) {
        self.write_below("", "", appearance, out);
    }

    fn write_below(&self, branch: &str, indent: &str, appearance: Appearance, out: &mut String) {
        self.write_line(branch, indent, appearance, out);
        for (index, child) in self.children.iter().enumerate() {
            let is_last = index + 1 == self.children.len();
            let (branch, deeper) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            child.write_below(&format!("{indent}{branch}"), &format!("{indent}{deeper}"), appearance, out);
        }
    }

    fn write_line(&self, branch: &str, indent: &str, appearance: Appearance, out: &mut String) {
        /// A line keeps at least this many columns for its text, however deep it stands.
        const LEAST: usize = 20;
        let room = appearance.width.map(|columns| columns.saturating_sub(width(branch)).max(LEAST));
        write_tinted(Tint::Faint, branch, appearance, out);
        if let (true, Some(room)) = (self.wraps, room) {
            self.write_wrapped(indent, room, appearance, out);
        } else {
            let tail_width: usize = self.tail.iter().map(|span| span.width() + 1).sum();
            write_within(&self.head, room.map(|room| room.saturating_sub(tail_width)), appearance, out);
            for span in &self.tail {
                out.push(' ');
                span.write(appearance, out);
            }
        }
        out.push('\n');
    }

    fn write_wrapped(&self, indent: &str, room: usize, appearance: Appearance, out: &mut String) {
        let below = if self.children.is_empty() { "   " } else { "│  " };
        let mut left = room;
        let mut begun = false;
        for span in &self.head {
            let mut rest = span.text();
            while !rest.is_empty() {
                let (fitting, after) = broken(rest, left, begun);
                begun = true;
                span.with_text(fitting).write(appearance, out);
                left = left.saturating_sub(width(fitting));
                rest = after.trim_start();
                if !after.is_empty() {
                    out.push('\n');
                    write_tinted(Tint::Faint, indent, appearance, out);
                    out.push_str(below);
                    left = room.saturating_sub(width(below));
                    begun = false;
                }
            }
        }
    }
}

/// Breaks a text before the room ends, between words where that is possible. `begun`: the line has text already, so
/// that a first word that does not fit may go to the next one.
fn broken(text: &str, room: usize, begun: bool) -> (&str, &str) {
    let (fitting, rest) = split_at_width(text, room);
    if rest.is_empty() || rest.starts_with(' ') {
        return (fitting, rest);
    }
    match fitting.rfind(' ') {
        Some(blank) if blank > 0 => text.split_at(blank),
        _ if begun => ("", text),
        _ => (fitting, rest),
    }
}

/// Writes pieces of text, and `…` for what does not fit.
fn write_within(spans: &[Span], room: Option<usize>, appearance: Appearance, out: &mut String) {
    let Some(mut left) = room else {
        spans.iter().for_each(|span| span.write(appearance, out));
        return;
    };
    let mut total: usize = spans.iter().map(Span::width).sum();
    for span in spans {
        // of several pieces the next one needs a column at least, to say that there is more
        if total <= left || span.width() < left {
            span.write(appearance, out);
        } else {
            let text = shortened(&format!("{}…", span.text()), left);
            span.with_text(&text).write(appearance, out);
            return;
        }
        left -= span.width();
        total -= span.width();
    }
}
