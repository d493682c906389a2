//! The elements of one large JSON array, split without holding the array.
//!
//! The splitter knows brackets and strings only; whether an element is JSON is for its reader to say.

/// Finds where the elements of an array begin and end, byte by byte.
#[derive(Debug, Clone)]
pub(super) struct Splitter {
    state: State,
    depth: usize,
    line: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the opening bracket.
    Before,
    /// Where an element may begin; `after_comma`: must begin.
    Between { after_comma: bool },
    /// In an element, outside of its texts.
    Inside,
    /// In a text of an element; `escaped`: behind a backslash.
    Text { escaped: bool },
    /// Behind the closing bracket.
    After,
}

/// What a byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing of an element.
    Outside,
    /// A byte of an element.
    Part,
    /// The end of an element; the byte itself is not part of it.
    End,
    /// Something that does not belong there: behind the array.
    Stray,
}

impl Splitter {
    /// At the beginning of a content.
    pub(super) const fn new() -> Self {
        Self { state: State::Before, depth: 0, line: 1 }
    }

    /// The line of the next byte, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Whether the closing bracket was met.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.state, State::After)
    }

    /// Takes one byte.
    pub(super) const fn take(&mut self, byte: u8) -> Step {
        if byte == b'\n' {
            self.line += 1;
        }
        match self.state {
            State::Before => {
                if byte == b'[' {
                    self.state = State::Between { after_comma: false };
                }
                Step::Outside
            }
            State::Between { after_comma } => self.between(byte, after_comma),
            State::Inside => self.inside(byte),
            State::Text { escaped } => {
                self.state = match byte {
                    b'"' if !escaped => State::Inside,
                    _ => State::Text { escaped: byte == b'\\' && !escaped },
                };
                Step::Part
            }
            State::After if byte.is_ascii_whitespace() => Step::Outside,
            State::After => Step::Stray,
        }
    }

    const fn between(&mut self, byte: u8, after_comma: bool) -> Step {
        match byte {
            b']' => {
                self.state = State::After;
                // the comma promised an element: it is there and empty
                if after_comma { Step::End } else { Step::Outside }
            }
            b',' => {
                self.state = State::Between { after_comma: true };
                Step::End
            }
            _ if byte.is_ascii_whitespace() => Step::Outside,
            _ => {
                self.state = State::Inside;
                self.depth = 0;
                self.inside(byte)
            }
        }
    }

    const fn inside(&mut self, byte: u8) -> Step {
        match byte {
            b'"' => self.state = State::Text { escaped: false },
            b'{' | b'[' => self.depth += 1,
            b',' if self.depth == 0 => {
                self.state = State::Between { after_comma: true };
                return Step::End;
            }
            b']' if self.depth == 0 => {
                self.state = State::After;
                return Step::End;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Step::Part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(content: &str) -> (Vec<String>, bool) {
        let mut splitter = Splitter::new();
        let mut elements = Vec::new();
        let mut current = Vec::new();
        for byte in content.bytes() {
            match splitter.take(byte) {
                Step::Part => current.push(byte),
                Step::End => elements.push(String::from_utf8(std::mem::take(&mut current)).expect("UTF-8")),
                Step::Outside => {}
                Step::Stray => elements.push(format!("stray {}", byte as char)),
            }
        }
        (elements, splitter.is_closed())
    }

    #[test]
    fn elements_end_at_commas_of_the_array_alone() {
        let (elements, closed) = split(r#" [ {"a": [1, 2], "b": "],\"}"} , 3,"x" ,[4]]  "#);
        assert_eq!(elements, [r#"{"a": [1, 2], "b": "],\"}"} "#, "3", "\"x\" ", "[4]"]);
        assert!(closed);
    }

    #[test]
    fn an_empty_array_has_no_elements_and_a_comma_promises_one() {
        assert_eq!(split("[ ]"), (vec![], true));
        assert_eq!(split("[1,]"), (vec!["1".to_owned(), String::new()], true));
        assert_eq!(split("[,1]"), (vec![String::new(), "1".to_owned()], true));
    }

    #[test]
    fn what_is_left_open_or_follows_is_seen() {
        assert_eq!(split("[1, {\"a\": 2"), (vec!["1".to_owned()], false));
        assert_eq!(split("[1] x"), (vec!["1".to_owned(), "stray x".to_owned()], true));
    }
}
