//! Functions of texts, several of them chained by `|` (values.md §2.5, §2.8, V-07, V-08, V-23, V-24).

use std::num::IntErrorKind;
use std::sync::Arc;
use std::{fmt, iter};

use super::super::error::Fault;
use super::super::grammar::{Call, Piece, call};
use super::aggregate::integer;
use super::{at_most, wrong_input};
use crate::value::{Value, ValueError};

/// Calls that are applied to a text one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChain {
    calls: Vec<TextCall>,
}

/// One function of a text with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TextCall {
    Len,
    Slice { start: Option<i64>, end: Option<i64> },
    Find(Arc<str>),
    StartsWith(Arc<str>),
    EndsWith(Arc<str>),
    Contains(Arc<str>),
    Strip(Option<Arc<str>>),
    Replace { old: Arc<str>, new: Arc<str> },
    ReplaceFirst { old: Arc<str>, new: Arc<str> },
    Upper,
    Lower,
    Split(Arc<str>),
    Concat(Vec<Arc<str>>),
    ConcatWith { separator: Arc<str>, texts: Vec<Arc<str>> },
}

/// The names of the functions of texts.
const NAMES: [&str; 19] = [
    "&len",
    "&slice",
    "&substr",
    "&find",
    "&index",
    "&startswith",
    "&startsWith",
    "&endswith",
    "&endsWith",
    "&strip",
    "&trim",
    "&replace",
    "&replaceFirst",
    "&upper",
    "&lower",
    "&contains",
    "&split",
    "&concat",
    "&concatWith",
];

impl TextChain {
    /// Reads the calls of a chain; empty pieces between bars do not count.
    pub(super) fn parse(pieces: &[Piece<'_>], other_functions: &str) -> Result<Self, Fault> {
        let mut calls = Vec::with_capacity(pieces.len());
        for piece in pieces.iter().map(|piece| piece.trimmed()).filter(|piece| !piece.text.is_empty()) {
            if !piece.text.starts_with('&') {
                return Err(Fault::path(piece.start, "text stands between functions", "begin each call with &"));
            }
            let Some(call) = call(piece) else {
                return Err(Fault::path(piece.end(), "a call does not end with )", "close the parentheses, and put a dot or a bar before what follows"));
            };
            calls.push(TextCall::parse(call, other_functions)?);
        }
        Ok(Self { calls })
    }

    /// Applies the calls from left to right.
    pub(super) fn apply(&self, value: &Value) -> Result<Value, ValueError> {
        let mut result = value.clone();
        for (index, call) in self.calls.iter().enumerate() {
            result = match (&result, call) {
                (Value::Text(text), _) => call.apply(text),
                (Value::Array(items), TextCall::Len) if index > 0 => integer(items.len()),
                (other, _) => return Err(wrong_input(call.name(), other, "a text")),
            };
        }
        Ok(result)
    }
}

/// Where in a segment that does not begin with `&` a call stands all the same: every `&word` outside of parentheses is a
/// known function, and there is one (values.md §2.7). Such a segment is a mistake rather than a key.
pub(super) fn misplaced_call(segment: Piece<'_>) -> Option<usize> {
    let mut depth = 0_usize;
    let mut first = None;
    for (offset, character) in segment.text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '&' if depth == 0 => {
                let word = segment.text.get(offset..)?;
                let end = word.find(|c: char| c != '&' && !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
                if !NAMES.contains(&word.get(..end)?) {
                    return None;
                }
                first = first.or(Some(segment.start + offset));
            }
            _ => {}
        }
    }
    first
}

/// A chain as it is written, without blanks.
impl fmt::Display for TextChain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, call) in self.calls.iter().enumerate() {
            out.write_str(if index > 0 { "|" } else { "" })?;
            call.fmt(out)?;
        }
        Ok(())
    }
}

/// A call with the parameters that it needs.
impl fmt::Display for TextCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: &Option<i64>| bound.map_or_else(String::new, |bound| bound.to_string());
        let parameters: Vec<String> = match self {
            Self::Len | Self::Upper | Self::Lower | Self::Strip(None) => Vec::new(),
            Self::Slice { start: None, end: None } => Vec::new(),
            Self::Slice { start, end: None } => vec![bound(start)],
            Self::Slice { start, end } => vec![bound(start), bound(end)],
            Self::Find(text) | Self::StartsWith(text) | Self::EndsWith(text) | Self::Contains(text) | Self::Strip(Some(text)) => vec![text.to_string()],
            Self::Split(separator) if **separator == *"," => Vec::new(),
            Self::Split(separator) => vec![separator.to_string()],
            Self::Replace { old, new } | Self::ReplaceFirst { old, new } => vec![old.to_string(), new.to_string()],
            Self::Concat(texts) => texts.iter().map(ToString::to_string).collect(),
            Self::ConcatWith { separator, texts } => iter::once(separator).chain(texts).map(ToString::to_string).collect(),
        };
        out.write_str(self.name())?;
        if parameters.iter().all(String::is_empty) && parameters.len() < 2 { Ok(()) } else { write!(out, "({})", parameters.join(",")) }
    }
}

impl TextCall {
    fn parse(call: Call<'_>, other_functions: &str) -> Result<Self, Fault> {
        let parameters = call.parameters();
        let name = call.name.text;
        let text = |index: usize| -> Arc<str> { parameters.get(index).map_or("", |parameter| parameter.text).into() };
        let most = match name {
            "&len" | "&upper" | "&lower" => 0,
            "&find" | "&index" | "&startswith" | "&startsWith" | "&endswith" | "&endsWith" | "&contains" | "&strip" | "&trim" | "&split" => 1,
            "&slice" | "&substr" | "&replace" | "&replaceFirst" => 2,
            _ => usize::MAX,
        };
        at_most(call, &parameters, most)?;
        if !matches!(name, "&slice" | "&substr" | "&replace" | "&replaceFirst" | "&split")
            && let Some(empty) = parameters.iter().find(|parameter| parameter.text.is_empty())
        {
            return Err(Fault::argument(empty.start, format!("{name} has an empty parameter"), "give it, or remove the comma"));
        }
        let needs = |count: usize| -> Result<(), Fault> {
            if parameters.len() >= count {
                return Ok(());
            }
            Err(Fault::argument(call.name.start, format!("{name} needs {count} parameters"), "give them in parentheses"))
        };
        Ok(match name {
            "&len" => Self::Len,
            "&slice" | "&substr" => Self::Slice { start: bound(call, parameters.first())?, end: bound(call, parameters.get(1))? },
            "&find" => Self::Find(text(0)),
            "&index" => {
                needs(1)?;
                Self::Find(text(0))
            }
            "&startswith" | "&startsWith" => Self::StartsWith(text(0)),
            "&endswith" | "&endsWith" => Self::EndsWith(text(0)),
            "&contains" => Self::Contains(text(0)),
            "&strip" | "&trim" => Self::Strip(parameters.first().map(|characters| characters.text.into())),
            "&replace" => Self::Replace { old: text(0), new: text(1) },
            "&replaceFirst" => {
                needs(2)?;
                Self::ReplaceFirst { old: text(0), new: text(1) }
            }
            "&upper" => Self::Upper,
            "&lower" => Self::Lower,
            "&split" => Self::Split(if text(0).is_empty() { ",".into() } else { text(0) }),
            "&concat" => {
                needs(1)?;
                Self::Concat(parameters.iter().map(|parameter| parameter.text.into()).collect())
            }
            "&concatWith" => {
                needs(2)?;
                Self::ConcatWith { separator: text(0), texts: parameters.iter().skip(1).map(|parameter| parameter.text.into()).collect() }
            }
            _ => return Err(Fault::unknown_function(call.name.start, name, format!("use one of: {other_functions} {}", NAMES.join(" ")))),
        })
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Len => "&len",
            Self::Slice { .. } => "&slice",
            Self::Find(_) => "&find",
            Self::StartsWith(_) => "&startswith",
            Self::EndsWith(_) => "&endswith",
            Self::Contains(_) => "&contains",
            Self::Strip(_) => "&strip",
            Self::Replace { .. } => "&replace",
            Self::ReplaceFirst { .. } => "&replaceFirst",
            Self::Upper => "&upper",
            Self::Lower => "&lower",
            Self::Split(_) => "&split",
            Self::Concat(_) => "&concat",
            Self::ConcatWith { .. } => "&concatWith",
        }
    }

    fn apply(&self, text: &str) -> Value {
        match self {
            Self::Len => integer(text.chars().count()),
            Self::Slice { start, end } => slice(text, *start, *end).into(),
            Self::Find(part) => find(text, part),
            Self::StartsWith(prefix) => text.starts_with(&**prefix).into(),
            Self::EndsWith(suffix) => text.ends_with(&**suffix).into(),
            Self::Contains(part) => text.contains(&**part).into(),
            Self::Strip(None) => text.trim().into(),
            Self::Strip(Some(characters)) => text.trim_matches(|character| characters.contains(character)).into(),
            Self::Replace { old, new } => text.replace(&**old, new).into(),
            Self::ReplaceFirst { old, new } => text.replacen(&**old, new, 1).into(),
            Self::Upper => text.to_uppercase().into(),
            Self::Lower => text.to_lowercase().into(),
            Self::Split(separator) => Value::array(text.split(&**separator).map(Value::from).collect()),
            Self::Concat(texts) => texts.iter().fold(text.to_owned(), |joined, text| joined + text).into(),
            Self::ConcatWith { separator, texts } => texts.iter().fold(text.to_owned(), |joined, text| joined + separator + text).into(),
        }
    }
}

/// A bound of `&slice`: nothing, or an integer; one beyond 64 bits is beyond every text all the same.
fn bound(call: Call<'_>, parameter: Option<&Piece<'_>>) -> Result<Option<i64>, Fault> {
    let Some(parameter) = parameter.filter(|parameter| !parameter.text.is_empty()) else { return Ok(None) };
    match parameter.text.parse::<i64>() {
        Ok(bound) => Ok(Some(bound)),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(Some(i64::MAX)),
        Err(error) if *error.kind() == IntErrorKind::NegOverflow => Ok(Some(i64::MIN)),
        Err(_) => Err(Fault::argument(
            parameter.start,
            format!("\"{}\" of {} is no integer", parameter.text, call.name.text),
            "write an integer, negative to count from the end",
        )),
    }
}

/// The characters from `start` up to `end`; negative bounds count from the end, bounds outside are clamped.
fn slice(text: &str, start: Option<i64>, end: Option<i64>) -> String {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |bound: i64| if bound < 0 { (count + bound.max(-count)).max(0) } else { bound.min(count) };
    let (start, end) = (start.map_or(0, place), end.map_or(count, place));
    let taken = usize::try_from((end - start).max(0)).unwrap_or(0);
    text.chars().skip(usize::try_from(start).unwrap_or(0)).take(taken).collect()
}

/// The position of a part in characters, −1 where it is absent.
fn find(text: &str, part: &str) -> Value {
    match text.find(part) {
        Some(offset) => integer(text.get(..offset).map_or(0, |before| before.chars().count())),
        None => (-1).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::grammar::split_outside;
    use super::*;
    use crate::value::text_form;

    fn chain(text: &str) -> Result<TextChain, Fault> {
        TextChain::parse(&split_outside(Piece::whole(text), '|'), "")
    }

    fn applied(calls: &str, text: &str) -> String {
        text_form(&chain(calls).unwrap().apply(&text.into()).unwrap()).into_owned()
    }

    #[test]
    fn every_function_does_its_work() {
        for (calls, text, result) in [
            ("&len", "中文", "2"),
            ("&slice(-3,-1)", "hello", "ll"),
            ("&slice(3,1)", "hello", ""),
            ("&slice(-99,99)", "hello", "hello"),
            ("&slice(-99999999999999999999,99999999999999999999)", "hello", "hello"),
            ("&substr(1)", "中文字", "文字"),
            ("&find(文)", "中文", "1"),
            ("&find()", "abc", "0"),
            ("&index(q)", "abc", "-1"),
            ("&startswith", "abc", "true"),
            ("&endsWith(bc)", "abc", "true"),
            ("&strip(ho)", "hello", "ell"),
            ("&trim()", "\u{3000} a ", "a"),
            ("&replace(,-)", "ab", "-a-b-"),
            ("&replace(b)", "abb", "a"),
            ("&replaceFirst(b,)", "abb", "ab"),
            ("&upper|&lower", "aB", "ab"),
            ("&upper | | &slice(0, 2)", "hello", "HE"),
            ("&split()|&len", "a,b,c", "3"),
            ("&split(|)", "a|b", r#"["a","b"]"#),
            ("&concat(b,c)", "a", "abc"),
            ("&concatWith(-,b,c)", "a", "a-b-c"),
        ] {
            assert_eq!(applied(calls, text), result, "{calls}");
        }
    }

    #[test]
    fn wrong_parameters_are_mistakes() {
        for calls in [
            "&len(1)",
            "&slice(x)",
            "&slice(1,2,3)",
            "&find(,)",
            "&find( )x",
            "&index",
            "&split(,)",
            "&replace(a,b,c)",
            "&replaceFirst(a)",
            "&foo",
            "&upper|lower",
            "&upper(",
            "&concat(a,)",
        ] {
            assert!(chain(calls).is_err(), "{calls}");
        }
    }

    #[test]
    fn only_the_length_of_what_was_split_is_taken() {
        assert!(chain("&len|&upper").unwrap().apply(&"a".into()).is_err());
        assert!(chain("&len").unwrap().apply(&Value::array(vec![])).is_err());
    }

    #[test]
    fn keys_may_hold_an_ampersand() {
        assert_eq!(misplaced_call(Piece::whole("R&D")), None);
        assert_eq!(misplaced_call(Piece::whole("x|&upper")), Some(2));
        assert_eq!(misplaced_call(Piece::whole("a")), None);
    }
}
