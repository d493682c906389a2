//! Patterns of routes: `*` stands for any text.

/// Whether a text fits a pattern.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(mut part) = parts.next() else { return rest.is_empty() };
    for next in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
        part = next;
    }
    rest.ends_with(part)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("landing", "landing", true),
            ("landing", "landing2", false),
            ("land*", "landing", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("ab*ba", "aba", false),
            ("**x", "x", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
