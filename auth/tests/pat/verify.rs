//! Issuing, verifying and refusing.

use chrono::TimeDelta;
use chrono_tz::Tz;
use nightowl_auth::{AuthError, Clock, Credentials, Expiry, IssueRequest, KeyId, PatId, Role, Scopes, TenantId, Token, UserId, issue, memory::user};

use crate::house::{House, LEGACY, with_wrong_check};

#[tokio::test]
async fn an_issued_token_acts_as_its_owner() {
    let house = House::uncached();
    let issued = house.issue("2", &["trigger:raw_*"], Expiry::Never).await;
    assert_eq!(issued.token.expose().len(), 56);
    assert!(issued.pat.token.is_hash());
    assert_eq!(issued.pat.masked(), issued.token.masked());
    let principal = house.verify(&issued.token).await.expect("a principal");
    assert_eq!(principal.tenant_id, TenantId::new("1"));
    assert_eq!((principal.name.as_str(), principal.role), ("imma-admin", Role::Admin));
    assert_eq!(principal.key_id, issued.pat.key_id);
    assert!(principal.require_trigger("raw_orders").is_ok());
    assert_eq!(principal.require_trigger("orders").unwrap_err().code(), "auth-scope");
    let shown = format!("{issued:?} {principal:?} {:?}", Credentials::pat(issued.token.clone()));
    assert!(!shown.contains(issued.token.expose()));
    assert!(!shown.contains(issued.token.hash().as_str()));
}

#[tokio::test]
async fn a_wrong_check_never_reaches_the_store() {
    let house = House::uncached();
    let issued = house.issue("2", &[], Expiry::Never).await;
    let calls = house.store.calls();
    for token in [with_wrong_check(&issued.token), Token::new(""), Token::new("ntwl_x"), Token::new(LEGACY)] {
        assert!(house.verify(&token).await.is_none());
    }
    assert_eq!(house.store.calls(), calls);
}

#[tokio::test]
async fn every_refusal_looks_the_same() {
    let house = House::uncached();
    let revoked = house.issue("2", &[], Expiry::Never).await;
    house.provider.revoke(&revoked.pat.pat_id).await.expect("a store");
    let expired = house.issue("2", &[], Expiry::Moment(house.clock.now())).await;
    let inactive = house.issue("3", &[], Expiry::Never).await;
    let mut sleeper = user("3", "1", "imma-user", Role::Console);
    sleeper.is_active = false;
    house.store.put_user(sleeper);
    let unknown = House::uncached().issue("2", &[], Expiry::Never).await;
    let mut orphan = house.issue("2", &[], Expiry::Never).await;
    orphan.pat.user_id = UserId::new("99");
    house.store.put_pat(orphan.pat);
    let authenticator = house.authenticator();
    let tokens = [revoked.token, expired.token, inactive.token, with_wrong_check(&unknown.token), unknown.token, orphan.token, Token::new("nonsense")];
    for token in tokens {
        let refused = authenticator.authenticate(Some(&Credentials::pat(token)), None).await.unwrap_err();
        assert_eq!(refused, AuthError::Unauthenticated);
    }
    let nobody = authenticator.authenticate(None, None).await.unwrap_err();
    assert_eq!((nobody.to_string().as_str(), nobody.http_status()), ("Unauthorized visit.", 401));
}

#[tokio::test]
async fn a_foreign_secret_under_a_known_key_id_is_refused() {
    let house = House::uncached();
    let issued = house.issue("2", &[], Expiry::Never).await;
    let mut other = House::uncached().issue("2", &[], Expiry::Never).await;
    let foreign = other.token.clone();
    other.pat.token = issued.pat.token.clone();
    house.store.put_pat(other.pat);
    assert!(house.verify(&foreign).await.is_none());
}

#[tokio::test]
async fn a_day_is_good_to_its_end() {
    let house = House::uncached();
    let today = house.clock.now().date();
    let issued = house.issue("2", &[], Expiry::Day(today)).await;
    house.clock.advance(TimeDelta::hours(12) - TimeDelta::seconds(1));
    assert!(house.verify(&issued.token).await.is_some());
    house.clock.advance(TimeDelta::seconds(1));
    assert!(house.verify(&issued.token).await.is_none());
}

#[tokio::test]
async fn a_narrow_token_issues_no_wider_one() {
    let house = House::uncached();
    let owner = user("2", "1", "imma-admin", Role::Admin);
    let mine = Scopes::parse(["token:admin", "trigger:raw_*"]).expect("scopes");
    let request = IssueRequest {
        pat_id: PatId::new("wide"),
        owner: &owner,
        created_by: owner.user_id.clone(),
        issuer_scopes: &mine,
        scopes: Scopes::all(),
        expires: Expiry::Never,
        note: None,
    };
    let refused = issue(request, &*house.store, house.clock.now(), Tz::UTC).await.unwrap_err();
    assert_eq!((refused.code(), refused.http_status()), ("auth-scope-wider", 403));
    assert_eq!(house.store.calls(), 0);
}

#[test]
fn a_token_is_taken_out_of_an_envelope() {
    let token: Token = serde_json::from_str(&format!("\"{LEGACY}\"")).expect("a text");
    assert_eq!(token.expose(), LEGACY);
    assert_eq!(KeyId::new("a").as_str(), "a");
}
