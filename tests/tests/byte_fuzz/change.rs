//! Changes of inputs: of their bytes, and of the documents that they hold, so that what is behind the parser is reached.

use serde_json::{Value as Json, json};

/// The longest input that is tried.
const LONGEST: usize = 16_384;
/// Pieces that matter to one of the readers.
const PIECES: [&str; 48] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    ".",
    "&",
    "(",
    ")",
    "null",
    "true",
    "-0",
    "1e999",
    "0.1",
    "\\u0000",
    "\\uD83D",
    "é",
    "😀",
    "&old",
    "&now",
    "&length",
    "&firstRow(a, desc)",
    "date'2024-02-30'",
    "\n",
    "\t",
    "- ",
    "? ",
    "&a *a",
    "topics",
    "pipelines",
    "99999999999999999999",
    "\u{feff}",
    "%2",
    "+",
    "=",
    "\"\"",
    "\r\n",
    "\u{1f}\u{8b}",
    "Sync-v1",
    "aws:s3",
    "aws:sqs",
    "acs:oss",
    "specversion",
    "__debezium_unavailable_value",
    "9223372036854775808",
];

/// Random numbers; their seed is printed with what fails.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// An input with changes: of its document where it holds one, of its bytes, or of both.
pub(crate) fn changed(dice: &mut Dice, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = inputs[dice.roll(inputs.len())].clone();
    let kind = dice.roll(3);
    if kind > 0
        && let Ok(mut document) = serde_json::from_slice::<Json>(&bytes)
    {
        for _ in 0..=dice.roll(4) {
            change_document(dice, &mut document, inputs);
        }
        bytes = document.to_string().into_bytes();
        if kind == 1 {
            return bytes;
        }
    }
    change_bytes(dice, &mut bytes, inputs);
    bytes
}

/// One to eight changes: bytes flipped, taken away, doubled, swapped for pieces, or the end of another input.
fn change_bytes(dice: &mut Dice, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(bytes.len() + 1);
        let to = (at + dice.roll(12)).min(bytes.len());
        match dice.roll(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let copy = bytes[at..to].to_vec();
                let times = 1 + dice.roll(200);
                bytes.splice(at..at, copy.repeat(times));
            }
            3 => {
                let other = &inputs[dice.roll(inputs.len())];
                let from = dice.roll(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => drop(bytes.splice(at..to, PIECES[dice.roll(PIECES.len())].bytes())),
        }
        bytes.truncate(LONGEST);
    }
}

/// Changes one value of a document: it goes, becomes something that is not expected there, or a part of another input.
fn change_document(dice: &mut Dice, document: &mut Json, inputs: &[Vec<u8>]) {
    let to = match dice.roll(4) {
        0 => None,
        1 => {
            let other = &inputs[dice.roll(inputs.len())];
            serde_json::from_slice(other).ok().map(|other| part(dice, &other).clone())
        }
        _ => Some(odd(dice, inputs)),
    };
    let mut left = dice.roll(values(document));
    replace(document, &mut left, to);
}

/// Something that may stand where something else is expected.
fn odd(dice: &mut Dice, inputs: &[Vec<u8>]) -> Json {
    match dice.roll(12) {
        0 => Json::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e300),
        5 => json!(""),
        6 => json!([]),
        7 => json!({}),
        8 => json!([[[]]]),
        9 => json!(String::from_utf8_lossy(&inputs[dice.roll(inputs.len())])),
        _ => json!(PIECES[dice.roll(PIECES.len())]),
    }
}

/// How many values a document holds, itself among them.
fn values(document: &Json) -> usize {
    1 + match document {
        Json::Array(items) => items.iter().map(values).sum(),
        Json::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}

fn part<'a>(dice: &mut Dice, document: &'a Json) -> &'a Json {
    let inner = match document {
        Json::Array(items) => items.get(dice.roll(items.len())),
        Json::Object(members) => members.values().nth(dice.roll(members.len())),
        _ => None,
    };
    match inner {
        Some(inner) if dice.roll(4) > 0 => part(dice, inner),
        _ => document,
    }
}

/// Replaces the n-th value, counted in depth; where nothing is to stand there, it goes with its name. Gives whether it
/// was found.
fn replace(document: &mut Json, left: &mut usize, to: Option<Json>) -> bool {
    let Some(before) = left.checked_sub(1) else {
        *document = to.unwrap_or_default();
        return true;
    };
    *left = before;
    match document {
        Json::Array(items) => items.iter_mut().any(|item| replace(item, left, to.clone())),
        Json::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            names.iter().any(|name| {
                if *left == 0 && to.is_none() {
                    return members.shift_remove(name).is_some();
                }
                members.get_mut(name).is_some_and(|member| replace(member, left, to.clone()))
            })
        }
        _ => false,
    }
}
