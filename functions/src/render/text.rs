//! Text on a terminal: how wide it is, how it is shortened, which colour it has.

use serde_json::Value as Json;

/// What the terminal allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Appearance {
    /// Columns of a line; `None`: lines are never shortened.
    pub width: Option<usize>,
    /// Whether escape sequences for colours are written.
    pub colours: bool,
}

/// What a piece of text is; colours follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    /// The text itself.
    Plain,
    /// Names.
    Strong,
    /// What is beside the point.
    Faint,
    /// Done, added.
    Good,
    /// Failed, removed.
    Bad,
    /// Changed.
    Changed,
}

const RESET: &str = "\x1b[0m";

impl Tint {
    const fn escape(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Bad => "\x1b[31m",
            Self::Changed => "\x1b[33m",
        }
    }
}

/// A piece of text of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    tint: Tint,
    text: String,
}

impl Span {
    /// A piece of text. What would steer the terminal is made visible instead: names and data come from outside.
    pub(super) fn new(tint: Tint, text: &str) -> Self {
        Self { tint, text: visible(text) }
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        width(&self.text)
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Appends it.
    pub(super) fn write(&self, appearance: Appearance, out: &mut String) {
        write_tinted(self.tint, &self.text, appearance, out);
    }

    /// The same kind with another text.
    pub(super) fn with_text(&self, text: &str) -> Self {
        Self { tint: self.tint, text: text.to_owned() }
    }
}

/// Appends a text in a colour.
pub(super) fn write_tinted(tint: Tint, text: &str, appearance: Appearance, out: &mut String) {
    if appearance.colours && tint != Tint::Plain && !text.is_empty() {
        out.push_str(tint.escape());
        out.push_str(text);
        out.push_str(RESET);
    } else {
        out.push_str(text);
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The text in at most so many columns; what does not fit is `…`.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (fitting, _) = split_at_width(text, most.saturating_sub(1));
    if most == 0 { String::new() } else { format!("{fitting}…") }
}

/// The text in exactly so many columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let text = shortened(text, columns);
    let missing = columns.saturating_sub(width(&text));
    text + &" ".repeat(missing)
}

/// The longest beginning of at most so many columns, and the rest.
pub(super) fn split_at_width(text: &str, most: usize) -> (&str, &str) {
    let mut used = 0;
    for (index, character) in text.char_indices() {
        used += columns(character);
        if used > most {
            return text.split_at(index);
        }
    }
    (text, "")
}

/// A JSON value as it is shown: compact.
pub(super) fn shown(json: &Json) -> String {
    json.to_string()
}

/// Line ends become blanks, other control characters their code point.
pub(super) fn visible(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(' '),
            '\r' => {}
            control if control.is_control() => out.extend(control.escape_unicode()),
            other => out.push(other),
        }
    }
    out
}

/// Columns of one character: 2 for the wide ones of East Asia and for emoji, 0 for combining marks.
const fn columns(character: char) -> usize {
    match character as u32 {
        0x0300..=0x036f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("ab订单é"), 7);
        assert_eq!(shortened("订单订单", 8), "订单订单");
        assert_eq!(shortened("订单订单", 7), "订单订…");
        assert_eq!(shortened("订单订单", 6), "订单…");
        assert_eq!(shortened("abc", 0), "");
        assert_eq!(padded("订", 4), "订  ");
        assert_eq!(padded("abcdef", 4), "abc…");
    }

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        assert_eq!(Span::new(Tint::Plain, "a\x1b[2Jb\nc\r\u{9b}").text(), "a\\u{1b}[2Jb c\\u{9b}");
    }

    #[test]
    fn colours_are_written_only_when_asked_for() {
        let written = |colours| {
            let mut out = String::new();
            Span::new(Tint::Bad, "x").write(Appearance { width: None, colours }, &mut out);
            out
        };
        assert_eq!(written(false), "x");
        assert_eq!(written(true), "\x1b[31mx\x1b[0m");
    }
}
