//! Dates to texts: the second argument of `&fmtDate` (values.md §7.3).

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDateTime;

/// A pattern in which letters stand for parts of a date; all other characters stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern(Arc<str>);

impl DatePattern {
    /// Any text is a pattern.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The pattern as written: the storage translates its letters to its own (values.md §7.3).
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of a moment. Names are English.
    pub fn format(&self, moment: NaiveDateTime) -> String {
        let mut text = String::with_capacity(self.0.len() * 2);
        for letter in self.0.chars() {
            match code(letter) {
                // Writing to a string does not fail, and each code is known.
                Some(code) => write!(text, "{}", moment.format(code)).unwrap_or_default(),
                None => text.push(letter),
            }
        }
        text
    }
}

/// The code of the date library for a letter.
const fn code(letter: char) -> Option<&'static str> {
    Some(match letter {
        'Y' => "%Y",
        'y' => "%y",
        'M' => "%m",
        'D' => "%d",
        'h' => "%H",
        'H' => "%I",
        'm' => "%M",
        's' => "%S",
        'W' => "%A",
        'w' => "%a",
        'B' => "%B",
        'b' => "%b",
        'p' => "%p",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_replaced_wherever_they_stand() {
        let moment: NaiveDateTime = "2024-01-31T13:20:30".parse().unwrap();
        for (pattern, text) in [
            ("Y/y/M/D/h/H/m/s/W/w/B/b/p", "2024/24/01/31/13/01/20/30/Wednesday/Wed/January/Jan/PM"),
            ("Hello", "01ello"),
            ("YY%", "20242024%"),
            ("Y年M月", "2024年01月"),
        ] {
            assert_eq!(DatePattern::new(pattern).format(moment), text);
        }
    }
}
