//! What every error of Nightowl has in common: a stable code and a class (storage.md §10).

/// What becomes of the work that met an error (storage.md §10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The same input will fail again.
    Reject,
    /// It may work later.
    Retry,
    /// The process can not go on.
    Fatal,
    /// Should not happen: a fault of ours.
    Bug,
}

/// An error as data: a stable code in kebab-case whose first word is its family, and a class.
pub trait Coded {
    /// The stable code.
    fn code(&self) -> &'static str;
    /// The class.
    fn class(&self) -> ErrorClass;
}
