//! Tokens are taken out of what is kept of a failed delivery (surface.md §15.5).
//!
//! What could be read loses its member `pat` by name. This is for texts that could not: it looks for what a token looks
//! like, and for what stands behind `"pat"`, also where the text is JSON inside of JSON.

/// What stands in the place of a token.
const MASK: &str = "***";
/// What a token of ours begins with.
const OURS: &str = "ntwl_";
/// Names of members that hold a token.
const NAMES: [&str; 2] = ["pat", "authorization"];

/// The text without tokens.
pub(super) fn without_tokens(text: &str) -> String {
    without_members(&without_ours(text))
}

/// Without what looks like a token of ours: from its prefix to the end of the word.
fn without_ours(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OURS) {
        kept.push_str(before);
        kept.push_str(MASK);
        rest = after.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    }
    kept.push_str(rest);
    kept
}

/// Without the texts of the members that hold a token, however often their quotes are escaped.
fn without_members(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        kept.push_str(before);
        let after_quote = quoted.strip_prefix('"').unwrap_or_default();
        kept.push('"');
        rest = after_quote;
        let name = NAMES.iter().find(|name| after_quote.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)));
        let Some(name) = name else { continue };
        let behind = after_quote.get(name.len()..).unwrap_or_default();
        let Some(value) = value_behind(behind) else { continue };
        // up to the opening quote of the value, then the mask, then the rest from its end
        let head = after_quote.len() - value.len();
        kept.push_str(after_quote.get(..head).unwrap_or_default());
        kept.push_str(MASK);
        rest = value.trim_start_matches(|letter: char| letter != '"' && letter != '\\' && letter != '\n');
    }
    kept.push_str(rest);
    kept
}

/// The text of a member's value, from behind its opening quote: `":"`, with any blanks and backslashes.
fn value_behind(behind_name: &str) -> Option<&str> {
    let rest = behind_name.trim_start_matches('\\').strip_prefix('"')?;
    let rest = rest.trim_start().strip_prefix(':')?;
    // an attribute of SQS and SNS: the value is an object whose text has a name of its own
    for name in ["stringValue", "Value"] {
        if let Some((between, value)) = rest.split_once(name)
            && between.chars().all(|letter| matches!(letter, '{' | '"' | '\\') || letter.is_whitespace())
        {
            return value_behind(value);
        }
    }
    rest.trim_start().trim_start_matches('\\').strip_prefix('"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_go_and_the_rest_stays() {
        let cases = [
            (r#"{"code":"a","pat":"Qm1c0Jt9xW4zR7uLk2sVHA","data":{"#, r#"{"code":"a","pat":"***","data":{"#),
            (r#"{"body":"{\"PAT\" : \"Qm1c\",\"x\":1"#, r#"{"body":"{\"PAT\" : \"***\",\"x\":1"#),
            ("x ntwl_4kQ0aZr81TcP_abcDEF123 y", "x *** y"),
            (r#"{"pat": {"stringValue": "Qm1c", "dataType": "String"}}"#, r#"{"pat": {"stringValue": "***", "dataType": "String"}}"#),
            (r#"{"pattern":"kept","path":"kept"}"#, r#"{"pattern":"kept","path":"kept"}"#),
            (r#"{"pat":null}"#, r#"{"pat":null}"#),
        ];
        for (text, expected) in cases {
            assert_eq!(without_tokens(text), expected);
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[pat\"\\\\:{}ntwl_ é,]{0,60}") {
            without_tokens(&text);
        }

        #[test]
        fn a_token_behind_its_name_is_never_kept(before in "[a-z\"{} ]{0,20}", depth in 0_usize..3) {
            let quote = format!("{}\"", "\\".repeat(depth));
            let kept = without_tokens(&format!("{before},{quote}pat{quote}: {quote}Qm1c0Jt9xW4zR7{quote}"));
            prop_assert!(!kept.contains("Qm1c0Jt9xW4zR7"));
        }
    }
}
