//! Scopes: what a token narrows its owner's role to (`surface.md §2.4`). They never add anything to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::AuthError;

const TRIGGER: &str = "trigger:";

/// Something that a token may be allowed, triggers aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Reading traces.
    TraceRead,
    /// Running recorded triggers again.
    TraceRerun,
    /// Saving definitions.
    DefinitionWrite,
    /// Issuing, listing and revoking tokens.
    TokenAdmin,
}

impl Permission {
    const ALL: [Self; 4] = [Self::TraceRead, Self::TraceRerun, Self::DefinitionWrite, Self::TokenAdmin];

    /// The scope's text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TraceRead => "trace:read",
            Self::TraceRerun => "trace:rerun",
            Self::DefinitionWrite => "definition:write",
            Self::TokenAdmin => "token:admin",
        }
    }
}

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Triggers on topics whose name fits: `*` stands for any characters, `?` for one.
    Trigger(String),
    /// A permission.
    Permission(Permission),
    /// A stored text that this release does not know; it allows nothing.
    Unknown(String),
}

impl Scope {
    /// Reads a scope.
    ///
    /// # Errors
    /// `auth-scope-wrong` for a text that is none.
    pub fn parse(text: &str) -> Result<Self, AuthError> {
        let trimmed = text.trim();
        let glob = trimmed.strip_prefix(TRIGGER).filter(|glob| !glob.trim().is_empty());
        let permission = || Permission::ALL.into_iter().find(|one| one.as_str() == trimmed).map(Self::Permission);
        glob.map(|glob| Self::Trigger(glob.trim().to_owned())).or_else(permission).ok_or_else(|| AuthError::ScopeWrong { scope: text.to_owned() })
    }

    /// Whether everything that the other allows is allowed by this one.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Trigger(mine), Self::Trigger(theirs)) => fits(mine, theirs),
            (Self::Permission(mine), Self::Permission(theirs)) => mine == theirs,
            _ => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trigger(glob) => write!(formatter, "{TRIGGER}{glob}"),
            Self::Permission(permission) => formatter.write_str(permission.as_str()),
            Self::Unknown(text) => formatter.write_str(text),
        }
    }
}

/// The scopes of a token. An empty list narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// All that the role may.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Reads what somebody asks for.
    ///
    /// # Errors
    /// `auth-scope-wrong` for the first text that is no scope.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, AuthError> {
        texts.into_iter().map(Scope::parse).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// The single scopes; none where nothing is narrowed.
    #[must_use]
    pub fn as_slice(&self) -> &[Scope] {
        &self.0
    }

    /// Whether a topic may be triggered. The name is compared as it is written.
    #[must_use]
    pub fn allow_trigger(&self, topic: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|scope| matches!(scope, Scope::Trigger(glob) if fits(glob, topic)))
    }

    /// Whether something else may be done.
    #[must_use]
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.is_empty() || self.0.contains(&Scope::Permission(permission))
    }

    /// Checks that a token with the other scopes reaches no further than one with these.
    ///
    /// # Errors
    /// `auth-scope-wider` with the first scope that does.
    pub fn check_narrower(&self, other: &Self) -> Result<(), AuthError> {
        if self.0.is_empty() {
            return Ok(());
        }
        if other.0.is_empty() {
            return Err(AuthError::ScopeWider { scope: "everything".to_owned() });
        }
        let wider = other.0.iter().find(|theirs| !self.0.iter().any(|mine| mine.covers(theirs)));
        wider.map_or(Ok(()), |scope| Err(AuthError::ScopeWider { scope: scope.to_string() }))
    }
}

/// Stored texts: what is not known stays, and allows nothing, so that a newer token is never wider here.
impl From<Vec<String>> for Scopes {
    fn from(texts: Vec<String>) -> Self {
        Self(texts.into_iter().map(|text| Scope::parse(&text).unwrap_or(Scope::Unknown(text))).collect())
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.0.iter().map(Scope::to_string).collect()
    }
}

/// Whether a name fits a glob. A `*` of the name is met by a `*` of the glob only, so that this also tells whether
/// one glob allows all that another one does.
fn fits(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    // Which prefixes of the glob fit what was read of the name.
    let mut reached = vec![false; glob.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    skip_stars(&glob, &mut reached);
    for letter in name.chars() {
        let mut next = vec![false; glob.len() + 1];
        for (place, sign) in glob.iter().enumerate() {
            if !reached.get(place).copied().unwrap_or(false) {
                continue;
            }
            let target = match sign {
                '*' => place,
                '?' if letter != '*' => place + 1,
                sign if *sign == letter && *sign != '*' => place + 1,
                _ => continue,
            };
            if let Some(cell) = next.get_mut(target) {
                *cell = true;
            }
        }
        skip_stars(&glob, &mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// A star may stand for nothing.
fn skip_stars(glob: &[char], reached: &mut [bool]) {
    for (place, sign) in glob.iter().enumerate() {
        if *sign == '*'
            && reached.get(place).copied().unwrap_or(false)
            && let Some(after) = reached.get_mut(place + 1)
        {
            *after = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(texts: &[&str]) -> Scopes {
        Scopes::parse(texts.iter().copied()).unwrap()
    }

    #[test]
    fn globs_fit_names() {
        for (glob, name, expected) in [
            ("*", "raw_orders", true),
            ("raw_*", "raw_orders", true),
            ("raw_*", "raw", false),
            ("*_orders", "raw_orders", true),
            ("raw_?", "raw_1", true),
            ("raw_?", "raw_12", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c2b", false),
            ("orders", "Orders", false),
        ] {
            assert_eq!(fits(glob, name), expected, "{glob} {name}");
        }
    }

    #[test]
    fn an_empty_list_narrows_nothing_and_any_other_does() {
        assert!(Scopes::all().allow_trigger("x") && Scopes::all().allow(Permission::TokenAdmin));
        let narrow = scopes(&["trigger:raw_*", "trace:read"]);
        assert!(narrow.allow_trigger("raw_orders") && narrow.allow(Permission::TraceRead));
        assert!(!narrow.allow_trigger("orders") && !narrow.allow(Permission::TraceRerun));
    }

    #[test]
    fn a_token_issues_nothing_wider_than_itself() {
        let mine = scopes(&["trigger:raw_*", "token:admin"]);
        assert!(mine.check_narrower(&scopes(&["trigger:raw_orders"])).is_ok());
        assert!(mine.check_narrower(&scopes(&["trigger:raw_o*"])).is_ok());
        for wider in [&[][..], &["trigger:*"], &["trigger:ra*"], &["trace:read"], &["trigger:raw_orders", "trace:read"]] {
            assert_eq!(mine.check_narrower(&scopes(wider)).unwrap_err().code(), "auth-scope-wider", "{wider:?}");
        }
        assert!(scopes(&["trigger:raw_?"]).check_narrower(&scopes(&["trigger:raw_*"])).is_err());
        assert!(Scopes::all().check_narrower(&Scopes::all()).is_ok());
    }

    #[test]
    fn an_unknown_stored_scope_allows_nothing() {
        let stored: Scopes = serde_json::from_str(r#"["galaxy:rule"]"#).unwrap();
        assert!(!stored.allow_trigger("x") && !stored.allow(Permission::TraceRead));
        assert_eq!(serde_json::to_string(&stored).unwrap(), r#"["galaxy:rule"]"#);
        assert_eq!(Scope::parse("galaxy:rule").unwrap_err().code(), "auth-scope-wrong");
        assert_eq!(Scope::parse("trigger:").unwrap_err().code(), "auth-scope-wrong");
    }
}
