//! The url of a `kafka-writer`.

/// Where messages go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// `host:port`, separated by commas.
    pub(super) brokers: String,
    /// The topic.
    pub(super) topic: String,
    /// Whether the connection is one of TLS.
    pub(super) tls: bool,
    /// How a user is signed in.
    pub(super) mechanism: &'static str,
}

/// The port of a broker that names none.
const PORT: u16 = 9092;
/// How a user may be signed in.
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
/// The longest name of a topic, in characters.
const TOPIC_CHARACTERS: usize = 249;

impl Target {
    pub(super) fn read(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("kafka://").ok_or("its url does not begin with kafka://; write kafka://host:9092/topic")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, topic) = place.split_once('/').ok_or("its url has no topic; write kafka://host:9092/topic")?;
        let is_name = |topic: &str| topic.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'));
        if topic.is_empty() || topic.len() > TOPIC_CHARACTERS || !is_name(topic) {
            return Err("its url has a topic that Kafka does not allow".to_owned());
        }
        let brokers: Vec<String> = hosts.split(',').map(broker).collect::<Result<_, _>>()?;
        let mut target = Self { brokers: brokers.join(","), topic: topic.to_owned(), tls: false, mechanism: "PLAIN" };
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("security", "tls")) => target.tls = true,
                Some(("security", "plaintext")) => target.tls = false,
                Some(("mechanism", name)) => {
                    let known = MECHANISMS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
                    target.mechanism = known.ok_or_else(|| format!("its url has a mechanism that is none of {}", MECHANISMS.join(", ")))?;
                }
                _ => return Err("its url has a parameter that is none of security=tls, security=plaintext, mechanism=…".to_owned()),
            }
        }
        Ok(target)
    }

    /// The hosts and ports of the brokers.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&str, u16)> {
        self.brokers.split(',').filter_map(|broker| {
            let (host, port) = broker.rsplit_once(':')?;
            Some((host.trim_start_matches('[').trim_end_matches(']'), port.parse().ok()?))
        })
    }
}

/// A broker with its port.
fn broker(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains('@') {
        return Err("its url holds a user; put user:password into pat".to_owned());
    }
    let has_port =
        text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']')));
    match text {
        "" => Err("its url has no host; write kafka://host:9092/topic".to_owned()),
        _ if has_port => Ok(text.to_owned()),
        _ if text.contains(':') && !text.ends_with(']') => Err("its url has a port that is none".to_owned()),
        _ => Ok(format!("{text}:{PORT}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_brokers_and_a_topic() {
        let target = Target::read("kafka://a:9092,b/orders").unwrap();
        assert_eq!((target.brokers.as_str(), target.topic.as_str(), target.tls, target.mechanism), ("a:9092,b:9092", "orders", false, "PLAIN"));
        let target = Target::read("kafka://[::1]:9093/a.b-c_1?security=tls&mechanism=scram-sha-256").unwrap();
        assert_eq!((target.tls, target.mechanism), (true, "SCRAM-SHA-256"));
        assert_eq!(target.hosts().collect::<Vec<_>>(), [("::1", 9093)]);
    }

    #[test]
    fn what_is_no_such_url_is_refused_without_what_it_holds() {
        let wrong = [
            "http://a/b",
            "kafka://a:9092",
            "kafka:///t",
            "kafka://a/",
            "kafka://a:x/t",
            "kafka://a/t?x=s3cret",
            "kafka://u:s3cret@a/t",
            "kafka://a/t t",
            "kafka://a/t?mechanism=x",
        ];
        for url in wrong {
            let error = Target::read(url).unwrap_err();
            assert!(!error.contains("s3cret"), "{url}: {error}");
        }
    }
}
