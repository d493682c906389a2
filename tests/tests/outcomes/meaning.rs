//! The meanings of errors, told by what their messages have in common.

/// A letter, what it means, and the texts of which a message holds one. The first that fits counts.
pub(super) const MEANINGS: [(char, &str, &[&str]); 16] = [
    ('!', "does not compile", &["failed to compile the pipeline"]),
    ('n', "no number", &["is not a number;"]),
    (
        'h',
        "a number of too many digits",
        &["more than 38 digits or a scale over 38", "the number has more than 38 digits", "has more digits than a number can hold"],
    ),
    ('d', "no date", &["is not a date;"]),
    ('t', "no time of day", &["is not a time of day;"]),
    ('o', "without an order", &["can not be ordered;"]),
    ('l', "no list", &["is not a list;", "not a list"]),
    ('c', "not castable", &["can not become"]),
    ('p', "no key below it", &["can not look up a key in"]),
    ('f', "not what a function takes", &["does not take"]),
    ('z', "division by zero", &["division by zero"]),
    ('0', "no row", &["data not found"]),
    ('2', "several rows", &["too many rows match"]),
    ('g', "no aggregate", &["failed to compute"]),
    ('s', "not storable", &["failed to store factor"]),
    ('u', "not comparable in a store", &["failed to build a condition", "failed to build a computation"]),
];

/// The letter of a message.
pub(super) fn meaning_of(message: &str) -> Option<char> {
    MEANINGS.iter().find(|(_, _, texts)| texts.iter().any(|text| message.contains(text))).map(|(letter, ..)| *letter)
}
