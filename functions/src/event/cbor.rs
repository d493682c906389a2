//! CBOR as events bring it (surface.md §15.2.8): bounded in depth, integers exact, bytes as base64 text.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::value::Value as Cbor;
use nightowl_core::value::{Object, Value};

use super::EventError;
use super::limits::CBOR_DEPTH;

/// What may stand before a document to say that it is CBOR: tag 55799.
const SELF_DESCRIBED: [u8; 3] = [0xd9, 0xd9, 0xf7];
/// Tags of big numbers.
const POSITIVE: u64 = 2;
const NEGATIVE: u64 = 3;
/// The most bytes of a big number: some 300 digits.
const BIG_NUMBER_BYTES: usize = 128;

/// Whether bytes begin like an event in CBOR: a map, perhaps with the tag before it.
pub(super) fn is_map(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(&SELF_DESCRIBED).unwrap_or(bytes);
    matches!(bytes.first(), Some(0xa0..=0xbb | 0xbf))
}

/// Reads one document in CBOR, with the values that JSON would have.
///
/// # Errors
/// Bytes that are none, that nest deeper than 32, or that go on behind it.
pub fn read(bytes: &[u8]) -> Result<Value, EventError> {
    let mut rest = bytes;
    let read: Cbor = ciborium::de::from_reader_with_recursion_limit(&mut rest, CBOR_DEPTH).map_err(|error| broken(&error, bytes.len()))?;
    if !rest.is_empty() {
        return Err(wrong(format!("{} bytes follow the document, which ends at byte {}", rest.len(), bytes.len() - rest.len())));
    }
    value(read)
}

fn value(cbor: Cbor) -> Result<Value, EventError> {
    Ok(match cbor {
        Cbor::Null => Value::Null,
        Cbor::Bool(flag) => Value::Boolean(flag),
        Cbor::Text(text) => Value::from(text),
        Cbor::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
        Cbor::Integer(integer) => number(&i128::from(integer).to_string()),
        Cbor::Float(float) if !float.is_finite() => Value::Null,
        Cbor::Float(float) => number(&float.to_string()),
        Cbor::Array(items) => Value::array(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Cbor::Map(members) => Value::Object(object(members)?),
        Cbor::Tag(tag @ (POSITIVE | NEGATIVE), inner) => match *inner {
            Cbor::Bytes(bytes) => big_number(tag == NEGATIVE, &bytes)?,
            _ => return Err(wrong("a big number (tags 2 and 3) is no byte string".to_owned())),
        },
        Cbor::Tag(_, inner) => value(*inner)?,
        _ => return Err(wrong("it holds a value of an unknown kind".to_owned())),
    })
}

fn object(members: Vec<(Cbor, Cbor)>) -> Result<Object, EventError> {
    let (mut names, mut values) = (Vec::with_capacity(members.len()), Vec::with_capacity(members.len()));
    for (name, member) in members {
        let Cbor::Text(name) = name else { return Err(wrong("the key of a map is no text".to_owned())) };
        names.push(Arc::<str>::from(name));
        values.push(value(member)?);
    }
    Ok(Object::from_members(names, values))
}

/// A number from its digits; what a decimal can not hold is kept as it was written.
fn number(digits: &str) -> Value {
    digits.parse().map_or_else(|_| Value::Literal(digits.into()), Value::Number)
}

/// A big number: an integer where it has at most 64 bits, else its digits as text.
fn big_number(negative: bool, bytes: &[u8]) -> Result<Value, EventError> {
    let significant = bytes.iter().position(|byte| *byte != 0).map_or(&[][..], |first| bytes.get(first..).unwrap_or_default());
    if significant.len() > BIG_NUMBER_BYTES {
        return Err(EventError::Limit { what: "the number of bytes of a big number", limit: BIG_NUMBER_BYTES as u64 });
    }
    // a negative one is -1 - n
    let digits = decimal_digits(significant, negative);
    let text = if negative { format!("-{digits}") } else { digits };
    Ok(if significant.len() <= 8 { number(&text) } else { Value::from(text) })
}

/// Big-endian bytes, plus one where asked, as decimal digits.
fn decimal_digits(bytes: &[u8], plus_one: bool) -> String {
    // base 10⁹, the smallest digit first
    const BASE: u64 = 1_000_000_000;
    let mut limbs = vec![0_u64];
    let mut add = |factor: u64, addend: u64| {
        let mut carry = addend;
        for limb in &mut limbs {
            let product = *limb * factor + carry;
            *limb = product % BASE;
            carry = product / BASE;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    };
    for byte in bytes {
        add(256, u64::from(*byte));
    }
    add(1, u64::from(plus_one));
    let mut digits = limbs.pop().unwrap_or_default().to_string();
    for limb in limbs.iter().rev() {
        digits.push_str(&format!("{limb:09}"));
    }
    digits
}

fn broken(error: &ciborium::de::Error<std::io::Error>, length: usize) -> EventError {
    use ciborium::de::Error;
    match error {
        Error::Io(_) => wrong(format!("it ends too early, after {length} bytes")),
        Error::Syntax(offset) => wrong(format!("byte {offset} begins nothing that CBOR knows")),
        Error::Semantic(Some(offset), _) => wrong(format!("what begins at byte {offset} is not well-formed")),
        Error::Semantic(None, _) => wrong("it is not well-formed".to_owned()),
        Error::RecursionLimitExceeded => wrong(format!("it nests deeper than {CBOR_DEPTH}")),
    }
}

const fn wrong(reason: String) -> EventError {
    EventError::NotCbor { reason }
}

#[cfg(test)]
mod tests {
    use nightowl_core::value::{JsonStyle, json_text};
    use proptest::prelude::*;

    use super::*;

    fn shown(bytes: &[u8]) -> String {
        read(bytes).map_or_else(|error| error.to_string(), |value| json_text(&value, JsonStyle::Document))
    }

    #[test]
    fn every_kind_has_its_value() {
        // {"Version": "Sync-v1", "Records": []}, the vector of surface.md §15.2.8
        let vector = [
            0xa2, 0x67, 0x56, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x67, 0x53, 0x79, 0x6e, 0x63, 0x2d, 0x76, 0x31, 0x67, 0x52, 0x65, 0x63, 0x6f, 0x72, 0x64,
            0x73, 0x80,
        ];
        assert_eq!(shown(&vector), r#"{"Version":"Sync-v1","Records":[]}"#);
        assert!(is_map(&vector));
        assert_eq!(shown(&[&SELF_DESCRIBED[..], &vector].concat()), r#"{"Version":"Sync-v1","Records":[]}"#);
        let cases: &[(&[u8], &str)] = &[
            (&[0x1b, 0x14, 0xe7, 0xdd, 0xe7, 0x4d, 0x3a, 0x9c, 0x74], "1506416585881590900"),
            (&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
            (&[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "-9223372036854775808"),
            (&[0xf9, 0x3e, 0x00], "1.5"),
            (&[0xfb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], "0.1"),
            (&[0xf9, 0x7e, 0x00], "null"),
            (&[0xf9, 0x7c, 0x00], "null"),
            (&[0xf4], "false"),
            (&[0xf6], "null"),
            (&[0xf7], "null"),
            (&[0x42, 0x01, 0x02], "\"AQI=\""),
            // bytes in pieces, a list and a map without a length
            (&[0x5f, 0x41, 0x01, 0x41, 0x02, 0xff], "\"AQI=\""),
            (&[0x9f, 0x01, 0x02, 0xff], "[1,2]"),
            (&[0xbf, 0x61, 0x61, 0x01, 0xff], r#"{"a":1}"#),
            // big numbers: 5, 2⁶⁴, -1 - 2⁶⁴
            (&[0xc2, 0x41, 0x05], "5"),
            (&[0xc3, 0x41, 0x04], "-5"),
            (&[0xc2, 0x49, 0x01, 0, 0, 0, 0, 0, 0, 0, 0], "\"18446744073709551616\""),
            (&[0xc3, 0x49, 0x01, 0, 0, 0, 0, 0, 0, 0, 0], "\"-18446744073709551617\""),
            // 2¹²⁸ and an unknown tag
            (&[0xc2, 0x51, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "\"340282366920938463463374607431768211456\""),
            (&[0xd8, 0x40, 0x61, 0x78], "\"x\""),
        ];
        for (bytes, expected) in cases {
            assert_eq!(shown(bytes), *expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_is_broken_says_where() {
        assert!(shown(&[0xa1, 0x01, 0x02]).contains("the key of a map is no text"));
        assert!(shown(&[0xa0, 0x00]).contains("1 bytes follow the document"));
        assert!(shown(&[0xa1, 0x61]).contains("ends too early"));
        assert!(shown(&[0xa1, 0x61, 0x61, 0x1c]).contains("byte 3 begins nothing"));
        assert!(shown(&[0x81; 100]).contains("deeper than 32"));
        assert!(shown(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).contains("not well-formed") || shown(&[0xbb; 9]).contains("too early"));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _read = read(&bytes);
        }

        #[test]
        fn big_numbers_are_what_they_are(number in any::<u128>()) {
            prop_assert_eq!(decimal_digits(&number.to_be_bytes(), false), number.to_string());
        }
    }
}
