//! Rates: so many triggers a second for each token and each tenant (`surface.md §2.4`).

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDateTime;

use crate::{error::AuthError, port::Clock, principal::Principal};

/// The most buckets that are kept; a bucket that is full again is let go.
const MAX_BUCKETS: usize = 10_000;

/// Token buckets: each holds one second's worth, at least one, and fills evenly.
pub struct Rates {
    per_pat: Option<f64>,
    per_tenant: Option<f64>,
    clock: Arc<dyn Clock>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    rate: f64,
    level: f64,
    at: NaiveDateTime,
}

impl fmt::Debug for Rates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rates").field("per_pat", &self.per_pat).field("per_tenant", &self.per_tenant).finish_non_exhaustive()
    }
}

impl Rates {
    /// Rates in triggers per second; none is unlimited, and so is one that is not above 0.
    #[must_use]
    pub fn new(per_pat: Option<f64>, per_tenant: Option<f64>, clock: Arc<dyn Clock>) -> Self {
        let usable = |rate: Option<f64>| rate.filter(|rate| rate.is_finite() && *rate > 0.0);
        Self { per_pat: usable(per_pat), per_tenant: usable(per_tenant), clock, buckets: Mutex::default() }
    }

    /// Takes one trigger out of the token's and the tenant's bucket, or out of neither.
    ///
    /// A principal without a token of ours, or with a legacy one, counts by its user. A super admin's trigger counts
    /// for the tenant that it runs for: give the acting principal.
    ///
    /// # Errors
    /// `limit-rate` (429, class retry) with the time until both have room.
    pub fn take(&self, principal: &Principal) -> Result<(), AuthError> {
        let by_pat = self.per_pat.map(|rate| (pat_bucket(principal), rate));
        let by_tenant = self.per_tenant.map(|rate| (format!("tenant {}", principal.tenant_id), rate));
        let wanted: Vec<(String, f64)> = by_pat.into_iter().chain(by_tenant).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| bucket.filled(now).level < capacity(bucket.rate));
        }
        let filled: Vec<(String, Bucket)> = wanted
            .into_iter()
            .map(|(name, rate)| {
                let bucket = buckets.get(&name).copied();
                (name, bucket.map_or_else(|| Bucket::full(rate, now), |bucket| bucket.filled(now)))
            })
            .collect();
        let wait = filled.iter().map(|(_, bucket)| bucket.wait_ms()).max().unwrap_or(0);
        if wait > 0 {
            return Err(AuthError::RateExceeded { retry_after_ms: wait });
        }
        for (name, bucket) in filled {
            buckets.insert(name, Bucket { level: bucket.level - 1.0, ..bucket });
        }
        Ok(())
    }
}

impl Bucket {
    fn full(rate: f64, now: NaiveDateTime) -> Self {
        Self { rate, level: capacity(rate), at: now }
    }

    /// The bucket as it is now. A clock that went back fills nothing.
    fn filled(self, now: NaiveDateTime) -> Self {
        let seconds = (now - self.at).as_seconds_f64().max(0.0);
        Self { level: (self.level + seconds * self.rate).min(capacity(self.rate)), at: now, ..self }
    }

    fn wait_ms(self) -> u64 {
        if self.level >= 1.0 {
            return 0;
        }
        let wait = std::time::Duration::try_from_secs_f64((1.0 - self.level) / self.rate);
        wait.map_or(u64::MAX, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).saturating_add(1))
    }
}

fn capacity(rate: f64) -> f64 {
    rate.max(1.0)
}

fn pat_bucket(principal: &Principal) -> String {
    match &principal.key_id {
        Some(key_id) => format!("pat {key_id}"),
        None => format!("user {}", principal.user_id),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{KeyId, Role, Scopes, TenantId, UserId, memory::ManualClock};

    fn principal(key_id: &str) -> Principal {
        Principal {
            tenant_id: TenantId::new("1"),
            user_id: UserId::new("7"),
            name: "ann".to_owned(),
            role: Role::Admin,
            scopes: Scopes::all(),
            key_id: Some(KeyId::new(key_id)),
        }
    }

    #[test]
    fn a_bucket_holds_a_second_and_fills_evenly() {
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00".parse().unwrap()));
        let rates = Rates::new(Some(2.0), None, Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>);
        let ann = principal("a");
        assert!(rates.take(&ann).is_ok() && rates.take(&ann).is_ok());
        let refused = rates.take(&ann).unwrap_err();
        assert_eq!((refused.code(), refused.class()), ("limit-rate", crate::Class::Retry));
        assert_eq!((refused.http_status(), refused.retry_after_seconds()), (429, Some(1)));
        assert!(rates.take(&principal("b")).is_ok(), "another token has its own");
        clock.advance(TimeDelta::milliseconds(501));
        assert!(rates.take(&ann).is_ok());
        assert!(rates.take(&ann).is_err());
    }

    #[test]
    fn a_tenant_shares_and_a_refusal_takes_nothing() {
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00".parse().unwrap()));
        let rates = Rates::new(Some(5.0), Some(1.0), Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>);
        assert!(rates.take(&principal("a")).is_ok());
        for _ in 0..20 {
            assert!(rates.take(&principal("b")).is_err());
        }
        clock.advance(TimeDelta::milliseconds(1001));
        assert!(rates.take(&principal("b")).is_ok());
    }

    #[test]
    fn without_a_rate_nothing_is_counted() {
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00".parse().unwrap()));
        let rates = Rates::new(None, Some(0.0), clock);
        for _ in 0..1000 {
            assert!(rates.take(&principal("a")).is_ok());
        }
    }
}
