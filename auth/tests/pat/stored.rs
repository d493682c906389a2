//! What is remembered of tokens: uses, legacy rows, the cache.

use chrono::TimeDelta;
use nightowl_auth::{Clock, Expiry, PatId, PatSettings, PatStore, Role, TenantId, Token, UserId, memory::user};

use crate::house::{House, LEGACY};

#[tokio::test]
async fn a_cached_token_expires_on_time() {
    let house = House::new(PatSettings::default());
    let soon = house.clock.now() + TimeDelta::seconds(3);
    let issued = house.issue("2", &[], Expiry::Moment(soon)).await;
    assert!(house.verify(&issued.token).await.is_some());
    house.clock.advance(TimeDelta::seconds(3));
    assert!(house.verify(&issued.token).await.is_none());
}

#[tokio::test]
async fn a_principal_is_cached_for_ten_seconds_at_most() {
    let house = House::new(PatSettings { cache_seconds: 3600, ..PatSettings::default() });
    let issued = house.issue("2", &[], Expiry::Never).await;
    assert!(house.verify(&issued.token).await.is_some());
    let calls = house.store.calls();
    // Another process revokes the token: this one does not hear of it.
    house.store.revoke(&issued.pat.pat_id, house.clock.now()).await.expect("a store");
    house.clock.advance(TimeDelta::milliseconds(9999));
    assert!(house.verify(&issued.token).await.is_some());
    assert_eq!(house.store.calls(), calls + 1, "only the revocation itself");
    house.clock.advance(TimeDelta::milliseconds(1));
    assert!(house.verify(&issued.token).await.is_none());
}

#[tokio::test]
async fn a_revocation_here_acts_at_once() {
    let house = House::new(PatSettings::default());
    let issued = house.issue("2", &[], Expiry::Never).await;
    assert!(house.verify(&issued.token).await.is_some());
    house.provider.revoke_own(&issued.pat.pat_id, &UserId::new("3")).await.expect("a store");
    assert!(house.verify(&issued.token).await.is_some(), "somebody else's token stays");
    house.provider.revoke_own(&issued.pat.pat_id, &UserId::new("2")).await.expect("a store");
    assert!(house.verify(&issued.token).await.is_none());
    let listed = house.store.list_of_user(&UserId::new("2"), false).await.expect("a store");
    assert!(listed.is_empty());
    let with_revoked = house.store.list_of_tenant(&TenantId::new("1"), true).await.expect("a store");
    assert_eq!(with_revoked.len(), 1);
}

#[tokio::test]
async fn a_changed_user_is_looked_at_again_when_forgotten() {
    let house = House::new(PatSettings::default());
    let issued = house.issue("3", &[], Expiry::Never).await;
    assert!(house.verify(&issued.token).await.is_some());
    house.store.put_user(user("3", "1", "imma-user", Role::Admin));
    house.provider.forget_user(&UserId::new("3"));
    assert_eq!(house.verify(&issued.token).await.expect("a principal").role, Role::Admin);
}

#[tokio::test]
async fn a_use_is_noted_once_an_hour() {
    let house = House::uncached();
    let issued = house.issue("2", &[], Expiry::Never).await;
    let start = house.clock.now();
    for _ in 0..4 {
        assert!(house.verify(&issued.token).await.is_some());
        house.clock.advance(TimeDelta::minutes(19));
    }
    assert_eq!(house.row(&issued.pat.pat_id).await.last_used_at, Some(start));
    assert!(house.verify(&issued.token).await.is_some());
    assert_eq!(house.row(&issued.pat.pat_id).await.last_used_at, Some(start + TimeDelta::minutes(76)));
}

#[tokio::test]
async fn a_use_that_can_not_be_noted_is_a_use() {
    let house = House::uncached();
    let issued = house.issue("2", &[], Expiry::Never).await;
    house.store.fail_writes(true);
    assert!(house.verify(&issued.token).await.is_some());
}

#[tokio::test]
async fn legacy_tokens_are_off_by_default() {
    let house = House::uncached();
    house.put_legacy("old", LEGACY);
    assert!(house.verify(&Token::new(LEGACY)).await.is_none());
}

#[tokio::test]
async fn a_legacy_token_in_clear_is_hashed_when_found() {
    let settings = PatSettings { legacy_pats: true, cache_seconds: 0, ..PatSettings::default() };
    let house = House::new(settings);
    house.put_legacy("old", LEGACY);
    assert_eq!(house.row(&PatId::new("old")).await.masked(), "Qm1c…");
    assert!(house.verify(&Token::new(LEGACY)).await.is_some());
    let row = house.row(&PatId::new("old")).await;
    assert!(row.token.is_hash_of(&Token::new(LEGACY)));
    assert_eq!(row.masked(), "…");
    assert!(house.verify(&Token::new(LEGACY)).await.is_some(), "now found by its hash");
    assert!(house.verify(&Token::new("qm1c0Jt9xW4zR7uLk2sVHA")).await.is_none());
}

#[tokio::test]
async fn a_shared_store_keeps_its_clear_text() {
    let settings = PatSettings { legacy_pats: true, rehash_legacy: false, cache_seconds: 0, ..PatSettings::default() };
    let house = House::new(settings);
    house.put_legacy("old", LEGACY);
    assert!(house.verify(&Token::new(LEGACY)).await.is_some());
    assert!(!house.row(&PatId::new("old")).await.token.is_hash());
    house.put_legacy("older", LEGACY);
    let ambiguous = house.provider.verify(&Token::new(LEGACY)).await.unwrap_err();
    assert_eq!(ambiguous.code(), "auth-token-ambiguous");
}
