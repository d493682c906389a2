//! `MASK-LAST-3` and `MASK-LAST-6` (values.md §8.2, V-21).

/// Masks the last `count` digits; where there are fewer, the last `count` characters; a short text whole.
pub(super) fn mask(text: &str, count: usize) -> String {
    let length = text.chars().count();
    if length <= count {
        return "*".repeat(length);
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let by_digits = digits >= count;
    let kept = if by_digits { digits - count } else { length - count };
    let mut seen = 0;
    text.chars()
        .map(|character| {
            if by_digits && !character.is_ascii_digit() {
                return character;
            }
            seen += 1;
            if seen > kept { '*' } else { character }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_before_characters() {
        for (text, count, masked) in [
            ("12345678", 3, "12345***"),
            ("ab12", 3, "a***"),
            ("a1b2c3d4", 3, "a1b*c*d*"),
            ("ab", 3, "**"),
            ("123-456-789", 6, "123-***-***"),
            ("中文字符", 3, "中***"),
        ] {
            assert_eq!(mask(text, count), masked);
        }
    }
}
