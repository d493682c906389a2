//! The names under which the reference knows a setting, and how their values are read (`engine.md §8`).

use serde_json::Value;

/// What a variable of the reference says about a setting of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The value as it is.
    Same,
    /// `true` means the text given; `false` says nothing.
    WhenTrue(&'static str),
    /// `true` means the first text, `false` the second.
    Either(&'static str, &'static str),
}

impl Reading {
    /// Whether the variable holds a boolean instead of the setting's own kind of value.
    #[must_use]
    pub fn is_boolean(self) -> bool {
        !matches!(self, Self::Same)
    }

    /// The setting's value for a boolean of the reference; none when it says nothing.
    pub(crate) fn translate(self, flag: bool) -> Option<Value> {
        match (self, flag) {
            (Self::Same, _) => Some(Value::Bool(flag)),
            (Self::WhenTrue(text) | Self::Either(text, _), true) | (Self::Either(_, text), false) => Some(Value::String(text.to_owned())),
            (Self::WhenTrue(_), false) => None,
        }
    }
}

/// One name of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// The variable's name; `NIGHTOWL_` may stand before it.
    pub name: &'static str,
    /// How its value is read.
    pub reading: Reading,
}

impl Alias {
    /// A name whose value is the setting's own.
    #[must_use]
    pub const fn same(name: &'static str) -> Self {
        Self { name, reading: Reading::Same }
    }

    /// A switch of the reference that means something else here.
    #[must_use]
    pub const fn switch(name: &'static str, reading: Reading) -> Self {
        Self { name, reading }
    }
}
