//! Which hosts writers may call: `external.allow` (engine.md §6).

use std::net::IpAddr;

use super::address::is_inside;

/// The host patterns of `external.allow`. Without any, every public address may be called and no other. With some, only
/// hosts that fit one; those may be inside, unless the pattern is a bare `*`.
///
/// A pattern is a host name or an address; `*` stands for any characters, `?` for one, and `:PORT` may follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts {
    patterns: Vec<Pattern>,
    /// Whether every host may be called.
    all: bool,
}

#[derive(Debug, Clone)]
struct Pattern {
    host: String,
    port: Option<u16>,
}

/// What the list says of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be called, wherever it is.
    Listed,
    /// It may be called while its address is public.
    PublicOnly,
    /// It may not be called.
    Refused,
}

impl AllowedHosts {
    /// The patterns of the setting.
    pub(crate) fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let patterns = patterns.into_iter().map(str::trim).filter(|pattern| !pattern.is_empty()).map(Pattern::read);
        Self { patterns: patterns.collect(), all: false }
    }

    /// Every host, wherever it is: for what the settings of the installation name, and no definition of a tenant.
    #[cfg(any(feature = "aws", feature = "alibaba", test))]
    pub(crate) const fn all() -> Self {
        Self { patterns: Vec::new(), all: true }
    }

    /// Refuses a host that may not be called. Who calls it afterwards looks its address up once more, so this is for hosts
    /// that the installation names, not for those of a tenant.
    ///
    /// # Errors
    /// Why it may not be called, or can not be found.
    pub(crate) async fn check(&self, host: &str, port: u16) -> Result<(), String> {
        let verdict = self.of(host, port);
        if verdict == Verdict::Refused {
            return Err(format!("host {host}:{port} is not listed in external.allow"));
        }
        let mut addresses = tokio::net::lookup_host((host, port)).await.map_err(|error| format!("host {host} can not be found: {error}"))?;
        if addresses.all(|address| verdict.allows(address.ip())) {
            return Ok(());
        }
        Err(format!("host {host}:{port} has a private address; list it in external.allow if it is meant"))
    }

    /// What the list says of a host.
    pub(crate) fn of(&self, host: &str, port: u16) -> Verdict {
        if self.all {
            return Verdict::Listed;
        }
        if self.patterns.is_empty() {
            return Verdict::PublicOnly;
        }
        let host = host.to_ascii_lowercase();
        let fitting = self.patterns.iter().filter(|pattern| pattern.port.is_none_or(|wanted| wanted == port) && fits(&pattern.host, &host));
        fitting.fold(Verdict::Refused, |verdict, pattern| match (verdict, pattern.host.as_str()) {
            (Verdict::Listed, _) => Verdict::Listed,
            (_, "*") => Verdict::PublicOnly,
            _ => Verdict::Listed,
        })
    }
}

impl Verdict {
    /// Whether an address of the host may be called.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Listed => true,
            Self::PublicOnly => !is_inside(address),
            Self::Refused => false,
        }
    }
}

impl Pattern {
    fn read(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (text.as_str(), None),
            },
            _ => (text.as_str(), None),
        };
        Self { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port }
    }
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(place) {
            Some('*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == '?' || Some(wanted) == text.get(at) => {
                place += 1;
                at += 1;
            }
            _ => match star {
                Some((star_place, star_at)) => {
                    star = Some((star_place, star_at + 1));
                    place = star_place + 1;
                    at = star_at + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(place).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_only_public_addresses_are_called() {
        let allowed = AllowedHosts::default();
        assert_eq!(allowed.of("any.example", 443), Verdict::PublicOnly);
        assert!(!Verdict::PublicOnly.allows("10.0.0.1".parse().unwrap()));
        assert!(Verdict::PublicOnly.allows("8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn a_list_is_all_that_may_be_called() {
        let allowed = AllowedHosts::new(["*.corp.example", "127.0.0.1:8080", "[::1]:90", "api.example"]);
        assert_eq!(allowed.of("crm.Corp.example", 80), Verdict::Listed);
        assert_eq!(allowed.of("corp.example.evil", 80), Verdict::Refused);
        assert_eq!(allowed.of("127.0.0.1", 8080), Verdict::Listed);
        assert_eq!(allowed.of("127.0.0.1", 8081), Verdict::Refused);
        assert_eq!(allowed.of("::1", 90), Verdict::Listed);
        assert_eq!(allowed.of("api.example", 1), Verdict::Listed);
    }

    #[test]
    fn what_the_installation_names_may_be_anywhere() {
        assert_eq!(AllowedHosts::all().of("10.0.0.1", 1), Verdict::Listed);
    }

    #[test]
    fn a_bare_star_opens_nothing_inside() {
        assert_eq!(AllowedHosts::new(["*"]).of("a", 1), Verdict::PublicOnly);
        assert_eq!(AllowedHosts::new(["*", "a"]).of("a", 1), Verdict::Listed);
        assert_eq!(AllowedHosts::new(["a", "*"]).of("a", 1), Verdict::Listed);
    }
}
