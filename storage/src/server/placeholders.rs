//! `?` as `$1`, `$2`, …, once for each text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many texts are remembered before all are forgotten.
const REMEMBERED: usize = 8_192;

/// The texts that were translated.
#[derive(Debug, Default)]
pub(crate) struct Translated {
    texts: Mutex<Option<HashMap<String, Arc<str>>>>,
}

impl Translated {
    /// Nothing remembered yet.
    pub(crate) const fn new() -> Self {
        Self { texts: Mutex::new(None) }
    }

    /// The text with numbered placeholders; always the same one for the same text, so that it stays prepared.
    pub(crate) fn of(&self, sql: &str) -> Arc<str> {
        let mut guard = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = guard.get_or_insert_default();
        if let Some(found) = texts.get(sql) {
            return Arc::clone(found);
        }
        if texts.len() >= REMEMBERED {
            texts.clear();
        }
        let translated: Arc<str> = numbered(sql).into();
        texts.insert(sql.to_owned(), Arc::clone(&translated));
        translated
    }
}

/// Question marks inside of quotes are letters.
fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut quote = None;
    let mut count = 0_usize;
    for letter in sql.chars() {
        match (quote, letter) {
            (None, '?') => {
                count += 1;
                out.push('$');
                out.push_str(&count.to_string());
                continue;
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_are_numbered_outside_of_quotes() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT 1"),
            ("a = ? AND b IN (?, ?)", "a = $1 AND b IN ($2, $3)"),
            (r#""a?""b" = ? AND c = 'it''s ?' AND d = ?"#, r#""a?""b" = $1 AND c = 'it''s ?' AND d = $2"#),
        ] {
            assert_eq!(numbered(sql), expected);
        }
    }

    #[test]
    fn the_same_text_gives_the_same_translation() {
        let translated = Translated::new();
        assert!(Arc::ptr_eq(&translated.of("?"), &translated.of("?")));
    }
}
