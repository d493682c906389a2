//! NUMERIC in the binary format: digits of base 10,000 around a point.

use nightowl_core::value::Decimal;

use crate::sql::convert;

const NEGATIVE: u16 = 0x4000;
/// How many decimal digits one digit of base 10,000 is.
const GROUP: usize = 4;

/// Appends a number with exactly `scale` digits after the point.
pub(super) fn encode(number: &Decimal, scale: u8, out: &mut Vec<u8>) {
    let text = convert::decimal_text(number, scale);
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = vec![b'0'; (GROUP - whole.len() % GROUP) % GROUP];
    digits.extend_from_slice(whole.as_bytes());
    let mut weight = (digits.len() / GROUP) as i16 - 1;
    digits.extend_from_slice(fraction.as_bytes());
    digits.resize(digits.len().next_multiple_of(GROUP), b'0');
    let mut groups: Vec<u16> = digits.chunks(GROUP).map(|group| group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))).collect();
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let zeros = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..zeros);
    weight = if groups.is_empty() { 0 } else { weight - zeros as i16 };
    let sign = if negative && !groups.is_empty() { NEGATIVE } else { 0 };
    out.extend_from_slice(&(groups.len() as u16).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::from(scale).to_be_bytes());
    for group in groups {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

/// Reads a number; none for infinities, what is no number, and what has more than 38 digits before the point.
pub(super) fn decode(bytes: &[u8]) -> Option<Decimal> {
    let words: Vec<u16> = bytes.chunks_exact(2).filter_map(|word| word.try_into().ok().map(u16::from_be_bytes)).collect();
    let [count, weight, sign, scale, groups @ ..] = words.as_slice() else { return None };
    if groups.len() != usize::from(*count) || ![0, NEGATIVE].contains(sign) {
        return None;
    }
    let (weight, scale) = (i32::from(weight.cast_signed()), usize::from(*scale));
    let group = |place: i32| usize::try_from(weight - place).ok().and_then(|position| groups.get(position)).copied().unwrap_or(0);
    let mut text = String::from(if *sign == NEGATIVE { "-0" } else { "0" });
    for place in (0..=weight).rev() {
        text.push_str(&format!("{:04}", group(place)));
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut place = -1;
        while text.len() < end {
            text.push_str(&format!("{:04}", group(place)));
            place -= 1;
        }
        text.truncate(end);
    }
    convert::read_number(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn coded(text: &str, scale: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(&text.parse().expect("a number"), scale, &mut bytes);
        bytes
    }

    #[test]
    fn numbers_have_the_bytes_of_the_server() {
        assert_eq!(coded("0", 2), [0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(coded("12345.678", 3), [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 9, 0x29, 26, 124]);
        assert_eq!(coded("-0.0001", 6), [0, 1, 255, 255, 0x40, 0, 0, 6, 0, 1]);
        assert_eq!(coded("10000", 0), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        assert_eq!(decode(&[0, 0, 0, 0, 0xC0, 0, 0, 0]), None);
        assert_eq!(decode(&[0, 0]), None);
        assert_eq!(decode(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }

    proptest! {
        #[test]
        fn numbers_come_back(coefficient in -99_999_999_999_999_999_999_999_999_999_999_999_999_i128..=99_999_999_999_999_999_999_999_999_999_999_999_999, scale in 0_u32..=38) {
            let number = Decimal::new(coefficient, scale).expect("38 digits");
            let mut bytes = Vec::new();
            encode(&number, number.scale(), &mut bytes);
            let back = decode(&bytes).expect("a number");
            prop_assert_eq!(back.to_string(), number.to_string());
        }
    }
}
