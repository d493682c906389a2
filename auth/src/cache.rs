//! Principals that were verified a moment ago.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use crate::{id::PatId, pat::Expiry, principal::Principal, token::TokenHash};

/// The most principals that are kept.
const MAX_ENTRIES: usize = 10_000;

/// A token that was found good.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) principal: Principal,
    pub(crate) pat_id: PatId,
    pub(crate) expired: Expiry,
    /// When, in UTC.
    pub(crate) at: NaiveDateTime,
}

/// Principals by the hash of their token.
#[derive(Debug)]
pub(crate) struct Cache {
    life: TimeDelta,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<TokenHash, Verified>,
    /// How often something was forgotten: what was read before that is not kept.
    generation: u64,
}

impl Cache {
    pub(crate) fn new(seconds: u64) -> Self {
        let life = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(0));
        Self { life, state: Mutex::default() }
    }

    /// The principal of a token that was verified within the cache's time. A clock that went back makes it stale.
    pub(crate) fn get(&self, hash: &TokenHash, now: NaiveDateTime, zone: Tz) -> Option<Principal> {
        let state = self.state();
        let verified = state.entries.get(hash)?;
        let is_good = self.is_fresh(verified, now) && !verified.expired.is_over(now, zone);
        is_good.then(|| verified.principal.clone())
    }

    /// The number to give to `put`; it is taken before the store is read.
    pub(crate) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Keeps what was verified, unless something was forgotten since the store was read.
    pub(crate) fn put(&self, hash: TokenHash, verified: Verified, generation: u64) {
        let mut state = self.state();
        if state.generation != generation || self.life.is_zero() {
            return;
        }
        if state.entries.len() >= MAX_ENTRIES {
            let now = verified.at;
            state.entries.retain(|_, other| self.is_fresh(other, now));
        }
        if state.entries.len() < MAX_ENTRIES {
            state.entries.insert(hash, verified);
        }
    }

    /// Forgets what fits.
    pub(crate) fn forget(&self, fits: impl Fn(&Verified) -> bool) {
        let mut state = self.state();
        state.generation = state.generation.wrapping_add(1);
        state.entries.retain(|_, verified| !fits(verified));
    }

    fn is_fresh(&self, verified: &Verified, now: NaiveDateTime) -> bool {
        let age = now - verified.at;
        age >= TimeDelta::zero() && age < self.life
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here can panic half way: what a poisoned lock guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
