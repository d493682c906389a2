//! Schemes, guards, tenants and failures.

use chrono::TimeDelta;
use nightowl_auth::{AuthError, Credentials, Expiry, Guard, Role};

use crate::house::House;

#[tokio::test]
async fn guards_follow_the_role() {
    let house = House::uncached();
    let console = Credentials::pat(house.issue("3", &[], Expiry::Never).await.token);
    let authenticator = house.authenticator();
    assert!(authenticator.authorise(Some(&console), None, Guard::Console).await.is_ok());
    let refused = authenticator.authorise(Some(&console), None, Guard::AnyAdmin).await.unwrap_err();
    assert_eq!((refused.code(), refused.http_status()), ("auth-role-refused", 403));
}

#[tokio::test]
async fn a_super_admin_works_for_a_tenant_that_exists() {
    let house = House::uncached();
    let token = house.issue("1", &["trigger:raw_*"], Expiry::Never).await.token;
    let superadmin = house.verify(&token).await.expect("a principal");
    let authenticator = house.authenticator();
    let acting = authenticator.trigger_principal(&superadmin, Some("1"), "raw_orders", &*house.store).await.expect("tenant 1");
    assert_eq!((acting.tenant_id.as_str(), acting.role), ("1", Role::Admin));
    assert_eq!((acting.scopes, acting.key_id), (superadmin.scopes.clone(), superadmin.key_id.clone()));
    for (tenant_id, topic, code, status) in [
        (None, "raw_orders", "trigger-tenant-missing", 400),
        (Some("9"), "raw_orders", "trigger-tenant-not-found", 404),
        (Some("1"), "orders", "auth-scope", 403),
    ] {
        let refused = authenticator.trigger_principal(&superadmin, tenant_id, topic, &*house.store).await.unwrap_err();
        assert_eq!((refused.code(), refused.http_status()), (code, status));
    }
}

#[tokio::test]
async fn unknown_schemes_are_nobody() {
    let house = House::uncached();
    let token = house.issue("2", &[], Expiry::Never).await.token;
    let authenticator = house.authenticator();
    for scheme in ["PAT", "pat", "Pat"] {
        let credentials = Credentials::from_header(&format!("{scheme} {}", token.expose())).expect("credentials");
        assert!(authenticator.authenticate(Some(&credentials), None).await.is_ok());
    }
    let external = Credentials::from_header("external imma-admin").expect("credentials");
    assert_eq!(authenticator.authenticate(Some(&external), None).await, Err(AuthError::Unauthenticated));
    assert!(Credentials::from_header("pat").is_none() && Credentials::from_header("pat  ").is_none());
}

#[tokio::test]
async fn an_address_that_fails_too_often_waits() {
    let house = House::uncached();
    let good = Credentials::pat(house.issue("2", &[], Expiry::Never).await.token);
    let authenticator = house.authenticator();
    for _ in 0..10 {
        let refused = authenticator.authenticate(None, Some("10.0.0.1")).await.unwrap_err();
        assert_eq!(refused.http_status(), 401);
    }
    let refused = authenticator.authenticate(Some(&good), Some("10.0.0.1")).await.unwrap_err();
    assert_eq!((refused.code(), refused.http_status()), ("limit-authentication-failures", 429));
    assert!(authenticator.authenticate(Some(&good), Some("10.0.0.2")).await.is_ok());
    house.clock.advance(TimeDelta::minutes(1));
    assert!(authenticator.authenticate(Some(&good), Some("10.0.0.1")).await.is_ok());
}
