//! The shapes of the language: constants with expressions in braces, segments between dots, calls (values.md §2.7).
//!
//! Everything here can be read; what the pieces mean, and what is wrong with them, is said by who reads further.

use std::cell::Cell;

use winnow::combinator::{alt, delimited, opt, preceded, repeat, separated};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, rest, take_till, take_while};

type Input<'t> = LocatingSlice<&'t str>;

/// A part of a text that knows where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    /// The part.
    pub(super) text: &'t str,
    /// The byte of the whole text at which it begins.
    pub(super) start: usize,
}

impl<'t> Piece<'t> {
    /// A whole text.
    pub(super) fn whole(text: &'t str) -> Self {
        Self { text, start: 0 }
    }

    /// The piece without white space at its ends.
    pub(super) fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        Self { text: text.trim_end(), start: self.start + self.text.len() - text.len() }
    }

    /// What follows a prefix, if the piece has it.
    pub(super) fn after(self, prefix: &str) -> Option<Self> {
        self.text.strip_prefix(prefix).map(|text| Self { text, start: self.start + prefix.len() })
    }

    /// The byte behind the piece.
    pub(super) const fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// Reads the whole piece; its parts get their place in the whole text.
    fn read<O>(self, mut parser: impl FnMut(&mut Input<'t>) -> winnow::Result<O>) -> Option<O> {
        parser.parse(LocatingSlice::new(self.text)).ok()
    }

    fn part((text, span): (&'t str, std::ops::Range<usize>), base: usize) -> Self {
        Self { text, start: base + span.start }
    }
}

/// One part of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstantPiece<'t> {
    /// Literal text.
    Text(Piece<'t>),
    /// What stands in braces, trimmed.
    Expression(Piece<'t>),
}

/// The parts of a constant. A brace that encloses nothing, or is never closed, is literal (V-04).
pub(super) fn constant(text: &str) -> Vec<ConstantPiece<'_>> {
    let expression = |input: &mut Input<'_>| -> winnow::Result<()> { delimited('{', take_till(1.., '}'), '}').void().parse_next(input) };
    let literal = |input: &mut Input<'_>| -> winnow::Result<()> { (any, take_till(0.., '{')).void().parse_next(input) };
    let spans: Option<Vec<(bool, &str, usize)>> = Piece::whole(text).read(|input| {
        let braced = expression.with_taken().with_span().map(|((_, taken), span)| (true, taken, span.start));
        let plain = literal.with_taken().with_span().map(|((_, taken), span)| (false, taken, span.start));
        repeat(0.., alt((braced, plain))).parse_next(input)
    });
    let mut pieces: Vec<ConstantPiece<'_>> = Vec::new();
    for (braced, taken, start) in spans.unwrap_or_default() {
        if braced {
            let inner = taken.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(taken);
            pieces.push(ConstantPiece::Expression(Piece { text: inner, start: start + 1 }.trimmed()));
        } else if let Some(ConstantPiece::Text(before)) = pieces.last_mut() {
            // A literal brace divides what is one text.
            *before = Piece { text: text.get(before.start..start + taken.len()).unwrap_or_default(), start: before.start };
        } else {
            pieces.push(ConstantPiece::Text(Piece { text: taken, start }));
        }
    }
    pieces
}

/// The pieces between delimiters that stand outside of parentheses. `)` without `(` does not count.
pub(super) fn split_outside<'t>(piece: Piece<'t>, delimiter: char) -> Vec<Piece<'t>> {
    let part = |input: &mut Input<'t>| -> winnow::Result<Piece<'t>> {
        let depth = Cell::new(0_usize);
        let inside = |character: char| {
            match character {
                '(' => depth.set(depth.get() + 1),
                ')' => depth.set(depth.get().saturating_sub(1)),
                _ => {}
            }
            depth.get() > 0 || character != delimiter
        };
        take_while(0.., inside).with_span().map(|found| Piece::part(found, piece.start)).parse_next(input)
    };
    piece.read(|input| separated(1.., part, delimiter).parse_next(input)).unwrap_or_else(|| vec![piece])
}

/// Splits at the first delimiter outside of parentheses (V-11).
pub(super) fn split_once_outside(piece: Piece<'_>, delimiter: char) -> Option<(Piece<'_>, Piece<'_>)> {
    let first = split_outside(piece, delimiter).into_iter().next()?;
    let second = piece.text.get(first.text.len() + delimiter.len_utf8()..)?;
    Some((first, Piece { text: second, start: first.end() + delimiter.len_utf8() }))
}

/// A function with what stands in its parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call<'t> {
    /// The name with its `&`.
    pub(super) name: Piece<'t>,
    /// What stands between the first `(` and the `)` at the end; `None` without parentheses.
    pub(super) arguments: Option<Piece<'t>>,
}

/// Reads `name`, blanks, `(` … `)`. `None` where something follows the last `)`, or it is missing.
pub(super) fn call(piece: Piece<'_>) -> Option<Call<'_>> {
    let piece = piece.trimmed();
    let (name, arguments) = piece.read(|input| {
        let name = take_till(0.., '(').with_span().map(|found| Piece::part(found, piece.start).trimmed());
        let arguments = opt(preceded('(', rest.with_span().map(|found| Piece::part(found, piece.start))));
        (name, arguments).parse_next(input)
    })?;
    match arguments {
        None => Some(Call { name, arguments: None }),
        Some(open) => {
            let text = open.text.strip_suffix(')')?;
            Some(Call { name, arguments: Some(Piece { text, start: open.start }) })
        }
    }
}

impl<'t> Call<'t> {
    /// The parameters, trimmed (V-23); none for no parentheses and for empty ones.
    pub(super) fn parameters(&self) -> Vec<Piece<'t>> {
        let Some(arguments) = self.arguments.filter(|arguments| !arguments.text.trim().is_empty()) else { return Vec::new() };
        let mut parameters = Vec::new();
        let mut start = arguments.start;
        for text in arguments.text.split(',') {
            parameters.push(Piece { text, start }.trimmed());
            start += text.len() + 1;
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        constant(text)
            .into_iter()
            .map(|piece| match piece {
                ConstantPiece::Text(piece) => format!("{}={}", piece.start, piece.text),
                ConstantPiece::Expression(piece) => format!("{}<{}>", piece.start, piece.text),
            })
            .collect()
    }

    #[test]
    fn braces_need_something_inside() {
        assert_eq!(shown("x{ a }y{b}"), ["0=x", "3<a>", "6=y", "8<b>"]);
        assert_eq!(shown("{}"), ["0={}"]);
        assert_eq!(shown("x{}{a}"), ["0=x{}", "4<a>"]);
        assert_eq!(shown("{a"), ["0={a"]);
        assert_eq!(shown("a}b{中}"), ["0=a}b", "4<中>"]);
        assert_eq!(shown(""), Vec::<String>::new());
    }

    #[test]
    fn parentheses_protect_delimiters() {
        let texts = |text, delimiter| split_outside(Piece::whole(text), delimiter).into_iter().map(|piece| piece.text).collect::<Vec<_>>();
        assert_eq!(texts("a.&f(b.c).d", '.'), ["a", "&f(b.c)", "d"]);
        assert_eq!(texts("a..b.", '.'), ["a", "", "b", ""]);
        assert_eq!(texts("a).b(c.d", '.'), ["a)", "b(c.d"]);
        assert_eq!(texts("", '.'), [""]);
    }

    #[test]
    fn calls_have_their_places() {
        let found = call(Piece::whole(" &slice ( 1 ,2)")).unwrap();
        assert_eq!(found.name, Piece { text: "&slice", start: 1 });
        assert_eq!(found.parameters(), [Piece { text: "1", start: 10 }, Piece { text: "2", start: 13 }]);
        assert!(call(Piece::whole("&f(a)b")).is_none());
        assert!(call(Piece::whole("&f(a")).is_none());
        assert!(call(Piece::whole("&f( )")).unwrap().parameters().is_empty());
    }
}
