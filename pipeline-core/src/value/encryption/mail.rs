//! `MASK-MAIL`: everything before the `@` (values.md §8).

/// What a masked address begins with.
pub(super) const MASKED: &str = "*****@";

/// The address with its first part masked; unchanged where there is no `@`, or nothing before it.
pub(super) fn mask(text: &str) -> String {
    match text.split_once('@') {
        Some((name, host)) if !name.is_empty() => format!("{MASKED}{host}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_stays() {
        for (text, masked) in [("abc@x.com", "*****@x.com"), ("nomail", "nomail"), ("@x", "@x"), ("a@b@c", "*****@b@c")] {
            assert_eq!(mask(text), masked);
        }
    }
}
