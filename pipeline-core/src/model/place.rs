//! Where in a definition something is: `pipeline "order" / stage "lines" / unit "each" / action "a-2" / by`.

use std::fmt;

/// A place inside a definition, from the tuple down to the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Vec<String>);

impl Place {
    /// The place of a tuple: its kind and its name or id.
    pub fn tuple(kind: &str, name: &str) -> Self {
        Self::default().named(kind, name)
    }

    /// One level down, a key.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        let mut steps = self.0.clone();
        steps.push(key.into());
        Self(steps)
    }

    /// One level down, an element with a name.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Self {
        self.key(format!("{kind} \"{name}\""))
    }

    /// The first step: which tuple, or which file.
    pub fn head(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Whether it is a whole file rather than a tuple in one.
    pub fn is_file(&self) -> bool {
        self.head().starts_with("file \"")
    }

    /// One level up.
    #[must_use]
    pub fn parent(&self) -> Self {
        let mut steps = self.0.clone();
        steps.pop();
        Self(steps)
    }

    /// One level down, an element by its 1-based position.
    #[must_use]
    pub fn element(&self, kind: &str, index: usize) -> Self {
        self.key(format!("{kind} {}", index + 1))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(" / "))
    }
}
