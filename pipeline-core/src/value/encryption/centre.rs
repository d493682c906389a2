//! `MASK-CENTER-3` and `MASK-CENTER-5` (values.md §8.1).

use std::ops::Range;

/// Masks `count` characters in the middle: digits where there are enough of them, else any characters.
pub(super) fn mask(text: &str, count: usize) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    if characters.len() <= count {
        return "*".repeat(characters.len());
    }
    let runs = digit_runs(&characters);
    let digits: usize = runs.iter().map(Range::len).sum();
    if digits < count {
        let kept = characters.len() - count;
        let start = kept.div_ceil(2);
        cover(&mut characters, start..start + count);
    } else {
        cover_runs(&mut characters, &runs, count);
    }
    characters.into_iter().collect()
}

/// Where the maximal runs of digits are.
fn digit_runs(characters: &[char]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (place, character) in characters.iter().enumerate() {
        if !character.is_ascii_digit() {
            continue;
        }
        match runs.last_mut().filter(|run| run.end == place) {
            Some(run) => run.end = place + 1,
            None => runs.push(place..place + 1),
        }
    }
    runs
}

/// Masks digits from the left of the middle run on to the right, then back to the left, there from the right of each
/// run. A run that is alone is masked from its left.
fn cover_runs(characters: &mut [char], runs: &[Range<usize>], count: usize) {
    let middle = if runs.len() == 1 { 0 } else { (runs.len() + 1).div_ceil(2) - 1 };
    let mut left_to_mask = count;
    for run in runs.iter().skip(middle) {
        let masked = run.len().min(left_to_mask);
        cover(characters, run.start..run.start + masked);
        left_to_mask -= masked;
    }
    for run in runs.iter().take(middle).rev() {
        let masked = run.len().min(left_to_mask);
        cover(characters, run.end - masked..run.end);
        left_to_mask -= masked;
    }
}

fn cover(characters: &mut [char], range: Range<usize>) {
    if let Some(covered) = characters.get_mut(range) {
        covered.fill('*');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_characters_are_masked_as_asked(text in "[a-c0-9中-]{0,16}", count in prop_oneof![Just(3_usize), Just(5)]) {
            let masked = mask(&text, count);
            prop_assert_eq!(masked.chars().count(), text.chars().count());
            prop_assert_eq!(masked.matches('*').count(), count.min(text.chars().count()));
        }
    }

    #[test]
    fn follows_the_examples() {
        for (text, count, masked) in [
            ("13912345678", 3, "***12345678"),
            ("123-456-789", 3, "123-***-789"),
            ("abcdefgh", 3, "abc***gh"),
            ("abc1d", 3, "a***d"),
            ("ab", 3, "**"),
            ("123-456-789", 5, "123-***-**9"),
            ("12-3-4-56", 5, "1*-*-*-**"),
            ("abcdef", 5, "a*****"),
            ("12-345-6789", 5, "12-***-**89"),
            ("中文字符", 3, "中***"),
        ] {
            assert_eq!(mask(text, count), masked, "{text}");
        }
    }
}
