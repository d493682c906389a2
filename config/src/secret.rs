//! Values that must not be printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// What stands in place of a secret.
pub(crate) const MASK: &str = "***";

/// The URL of a store. It may hold a password, so printing shows it with the password masked.
#[derive(Clone)]
pub struct StoreUrl(SecretString);

impl StoreUrl {
    pub(crate) fn new(url: String) -> Self {
        Self(SecretString::from(url))
    }

    /// The whole URL, for the driver that opens it and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The URL with the password, if it has one, replaced by `***`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask_url(self.expose())
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StoreUrl({})", self.masked())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl<'de> Deserialize<'de> for StoreUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Masks what could be a password in a URL: in the authority, and in parameters whose name says so.
pub(crate) fn mask_url(url: &str) -> String {
    let (place, query) = match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    };
    let mut masked = mask_authority(place);
    if let Some(query) = query {
        let parameters: Vec<String> = query.split('&').map(mask_parameter).collect();
        masked.push('?');
        masked.push_str(&parameters.join("&"));
    }
    masked
}

fn mask_authority(place: &str) -> String {
    let Some((scheme, rest)) = place.split_once("://") else {
        return place.to_owned();
    };
    let Some((credentials, host)) = rest.rsplit_once('@') else {
        return place.to_owned();
    };
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:{MASK}@{host}"),
        None => place.to_owned(),
    }
}

fn mask_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if names_a_secret(name) => format!("{name}={MASK}"),
        _ => parameter.to_owned(),
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "secret", "token", "pwd", "sig", "credential"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_wherever_it_stands() {
        assert_eq!(mask_url("postgres://u:p@ss@h:5432/d"), "postgres://u:***@h:5432/d");
        assert_eq!(mask_url("mysql://u@h/d?password=x&charset=utf8"), "mysql://u@h/d?password=***&charset=utf8");
        assert_eq!(mask_url("sqlite::memory:"), "sqlite::memory:");
    }

    #[test]
    fn neither_debug_nor_display_shows_the_password() {
        let url = StoreUrl::new("mysql://u:hunter2@h/d".to_owned());
        assert!(!format!("{url:?} {url}").contains("hunter2"));
    }
}
