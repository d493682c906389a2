//! Producers: one for each group of brokers and user, kept while they are used.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{FutureProducer, Producer as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::target::Target;
use crate::outbound::{AllowedHosts, Verdict};

/// The most producers that are kept: each has threads and connections of its own.
const PRODUCERS: usize = 32;
/// How many messages wait in one producer. Those who send wait for theirs, so that there are few.
const QUEUED_MESSAGES: &str = "10000";
/// How Kafka knows us.
const CLIENT: &str = "nightowl";

/// The producers that are there.
pub(super) struct Producers {
    allowed: AllowedHosts,
    timeout: Duration,
    /// By brokers, way and user, hashed: the key holds a password.
    known: Mutex<HashMap<[u8; 32], (FutureProducer, Instant)>>,
}

impl std::fmt::Debug for Producers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Producers").field("allowed", &self.allowed).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Producers {
    pub(super) fn new(allowed: AllowedHosts, timeout: Duration) -> Self {
        Self { allowed, timeout, known: Mutex::new(HashMap::new()) }
    }

    /// The producer of a target. What it first learns from the brokers is checked as what the url says: a broker names
    /// others, and messages go to those.
    pub(super) async fn of(&self, target: &Target, password: Option<&SecretString>) -> Result<FutureProducer, String> {
        let key = key(target, password);
        if let Some(producer) = self.known(&key) {
            return Ok(producer);
        }
        for (host, port) in target.hosts() {
            self.check(host, port).await?;
        }
        let producer = make(target, password, self.timeout)?;
        for (host, port) in advertised(&producer, target, self.timeout).await? {
            self.check(&host, port).await?;
        }
        self.keep(key, &producer);
        Ok(producer)
    }

    fn known(&self, key: &[u8; 32]) -> Option<FutureProducer> {
        let mut known = self.known.lock().ok()?;
        let (producer, used) = known.get_mut(key)?;
        *used = Instant::now();
        Some(producer.clone())
    }

    fn keep(&self, key: [u8; 32], producer: &FutureProducer) {
        let Ok(mut known) = self.known.lock() else { return };
        if known.len() >= PRODUCERS
            && let Some(oldest) = known.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
        {
            known.remove(&oldest);
        }
        known.insert(key, (producer.clone(), Instant::now()));
    }

    /// Whether a broker may be called. Its name is resolved again by the library when it connects.
    async fn check(&self, host: &str, port: u16) -> Result<(), String> {
        let verdict = self.allowed.of(host, port);
        if verdict == Verdict::Refused {
            return Err(format!("broker {host}:{port} is not listed in external.allow"));
        }
        let resolved = tokio::net::lookup_host((host, port)).await.map_err(|error| format!("broker {host} can not be found: {error}"))?;
        for address in resolved {
            if !verdict.allows(address.ip()) {
                return Err(format!("broker {host}:{port} has a private address; list it in external.allow if it is meant"));
            }
        }
        Ok(())
    }
}

fn key(target: &Target, password: Option<&SecretString>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [target.brokers.as_str(), target.mechanism, if target.tls { "tls" } else { "" }, password.map_or("", |password| password.expose_secret())] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn make(target: &Target, password: Option<&SecretString>, timeout: Duration) -> Result<FutureProducer, String> {
    if (target.tls || target.mechanism != "PLAIN") && !cfg!(feature = "kafka-tls") {
        return Err("its url asks for TLS or SCRAM, and this build has no feature kafka-tls".to_owned());
    }
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &target.brokers).set("client.id", CLIENT);
    // acknowledged by all replicas in sync, and repeated without doubling by the library itself
    config.set("acks", "all").set("enable.idempotence", "true");
    config.set("message.timeout.ms", timeout.as_millis().to_string()).set("queue.buffering.max.messages", QUEUED_MESSAGES);
    let security = match (password.is_some(), target.tls) {
        (false, false) => "plaintext",
        (false, true) => "ssl",
        (true, false) => "sasl_plaintext",
        (true, true) => "sasl_ssl",
    };
    config.set("security.protocol", security);
    if let Some(password) = password {
        let pair = password.expose_secret().split_once(':');
        let (user, password) = pair.ok_or("its pat is no user:password")?;
        config.set("sasl.mechanism", target.mechanism).set("sasl.username", user).set("sasl.password", password);
    }
    // an error of the library names a key, never a value
    config.create_with_context(DefaultClientContext).map_err(|error| format!("no producer can be made: {error}"))
}

/// The brokers that the cluster names for the topic.
async fn advertised(producer: &FutureProducer, target: &Target, timeout: Duration) -> Result<Vec<(String, u16)>, String> {
    let (producer, topic, brokers) = (producer.clone(), target.topic.clone(), target.brokers.clone());
    let asked = tokio::task::spawn_blocking(move || {
        producer
            .client()
            .fetch_metadata(Some(&topic), timeout)
            .map(|metadata| metadata.brokers().iter().map(|broker| (broker.host().to_owned(), u16::try_from(broker.port()).unwrap_or(0))).collect())
    });
    match asked.await {
        Ok(Ok(named)) => Ok(named),
        Ok(Err(error)) => Err(format!("brokers {brokers} can not be asked: {error}")),
        Err(error) => Err(format!("brokers {brokers} can not be asked: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_producer_is_known_by_all_that_makes_it() {
        let target = Target::read("kafka://a/t").unwrap();
        let (one, other) = (SecretString::from("u:1"), SecretString::from("u:2"));
        assert_eq!(key(&target, Some(&one)), key(&target, Some(&one)));
        assert_ne!(key(&target, Some(&one)), key(&target, Some(&other)));
        assert_ne!(key(&target, Some(&one)), key(&target, None));
        assert_ne!(key(&target, None), key(&Target::read("kafka://b/t").unwrap(), None));
    }

    #[tokio::test]
    async fn brokers_inside_are_refused_unless_they_are_listed() {
        let producers = Producers::new(AllowedHosts::default(), Duration::from_secs(1));
        let target = Target::read("kafka://127.0.0.1:1/t").unwrap();
        let error = producers.of(&target, None).await.err().unwrap();
        assert!(error.contains("private address"), "{error}");
        let producers = Producers::new(AllowedHosts::new(["other"]), Duration::from_secs(1));
        assert!(producers.of(&target, None).await.err().unwrap().contains("not listed"));
    }

    #[test]
    fn tls_needs_a_build_with_it() {
        let target = Target::read("kafka://a/t?security=tls").unwrap();
        let made = make(&target, None, Duration::from_secs(1));
        assert_eq!(made.is_ok(), cfg!(feature = "kafka-tls"));
    }
}
