//! Where a variable was copied from, so that a missing list below it is known to be one (values.md §4.4).

use std::sync::Arc;

use super::{Names, Scope};

/// How the origin of a variable is found when a constant is copied to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The path where no variable comes first; `None` is no origin.
    path: Option<Arc<str>>,
    /// The variable that comes first where it exists, and what follows it.
    variable: Option<(usize, Option<Arc<str>>)>,
}

impl Origin {
    /// The origin of the constant with this text.
    pub fn of_constant(text: &str, names: &dyn Names) -> Self {
        let trimmed = text.trim();
        let inner = trimmed.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(trimmed);
        let (first, following) = match inner.split_once('.') {
            Some((first, following)) => (first, Some(following)),
            None => (inner, None),
        };
        if first.trim_start().starts_with("&old") {
            return Self { path: following.map(Arc::from), variable: None };
        }
        let variable = names.variable_slot(first.trim()).map(|slot| (slot, following.map(Arc::from)));
        Self { path: (!inner.is_empty()).then(|| inner.trim().into()), variable }
    }

    /// The origin now: of the variable that comes first, where it exists, else the path.
    pub fn resolve(&self, scope: &dyn Scope) -> Option<Arc<str>> {
        match &self.variable {
            Some((slot, following)) if scope.variable(*slot).is_some() => {
                let origin = scope.origin(*slot)?;
                Some(following.as_ref().map_or_else(|| Arc::clone(origin), |following| format!("{origin}.{following}").into()))
            }
            _ => self.path.clone(),
        }
    }
}
