//! Users, tenants and tokens as `nightowl-auth` asks for them.

use chrono::TimeDelta;
use nightowl_auth::{Expiry, KeyId, Pat, PatId, PatStore, Role, Scopes, StoredToken, TenantId, TenantStore, Token, UserId, UserStore};
use nightowl_storage::meta::AuthStore;

use super::support::{fresh, noon};

fn pat(id: &str, key_id: Option<&str>, token: &str) -> Pat {
    Pat {
        pat_id: PatId::new(id),
        key_id: key_id.map(KeyId::new),
        token: StoredToken::new(token.to_owned()),
        user_id: UserId::new("2"),
        username: Some("imma-admin".to_owned()),
        tenant_id: TenantId::new("1"),
        note: Some("loader".to_owned()),
        expired: Expiry::Day(noon().date()),
        permissions: Scopes::parse(["trigger:raw_*", "trace:read"]).unwrap(),
        created_at: noon(),
        created_by: Some(UserId::new("1")),
        last_used_at: None,
        revoked_at: None,
    }
}

#[tokio::test]
async fn users_and_tenants_are_found() {
    let auth = AuthStore::new(fresh().await);
    let admin = auth.find_user_by_name("imma-admin").await.unwrap().unwrap();
    assert_eq!((admin.role, admin.tenant_id.as_str(), admin.is_active), (Role::Admin, "1", true));
    assert_eq!(auth.find_user(&UserId::new("1")).await.unwrap().unwrap().role, Role::SuperAdmin);
    assert!(auth.find_user_by_name("IMMA-ADMIN").await.unwrap().is_none());
    assert_eq!(auth.find_tenant(&TenantId::new("1")).await.unwrap().unwrap().name.as_deref(), Some("IMMA"));
    assert!(auth.find_tenant(&TenantId::new("-1")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_token_comes_back_as_it_was_kept() {
    let auth = AuthStore::new(fresh().await);
    let token = Token::new("ntwl_whatever");
    auth.insert_pat(&pat("10", Some("4kQ0aZr81TcP"), token.hash().as_str())).await.unwrap();
    auth.insert_pat(&pat("11", None, "Qm1c0Jt9xW4zR7uLk2sVHA")).await.unwrap();
    let found = auth.find_by_key_id(&KeyId::new("4kQ0aZr81TcP")).await.unwrap().unwrap();
    assert!(found.token.is_hash_of(&token));
    assert_eq!((found.expired, found.permissions.clone()), (Expiry::Day(noon().date()), pat("", None, "").permissions));
    assert_eq!((found.created_by.unwrap().as_str(), found.note.as_deref()), ("1", Some("loader")));
    assert_eq!(auth.find_by_hash(&token.hash()).await.unwrap().len(), 1);
    let legacy = Token::new("Qm1c0Jt9xW4zR7uLk2sVHA");
    assert_eq!(auth.find_by_clear_text(&legacy).await.unwrap().len(), 1);
    auth.rehash(&PatId::new("11"), &legacy.hash()).await.unwrap();
    assert!(auth.find_by_clear_text(&legacy).await.unwrap().is_empty());
    assert_eq!(auth.find_by_hash(&legacy.hash()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_id_is_unique() {
    let auth = AuthStore::new(fresh().await);
    auth.insert_pat(&pat("10", Some("4kQ0aZr81TcP"), "{SHA256}a")).await.unwrap();
    let fault = auth.insert_pat(&pat("11", Some("4kQ0aZr81TcP"), "{SHA256}b")).await.unwrap_err();
    assert_eq!(fault.code, "storage-insert-conflict");
    assert!(!fault.message.contains("4kQ0aZr81TcP"));
}

#[tokio::test]
async fn revoking_and_use_are_noted() {
    let auth = AuthStore::new(fresh().await);
    auth.insert_pat(&pat("10", Some("aaaaaaaaaaaa"), "{SHA256}a")).await.unwrap();
    auth.insert_pat(&pat("9", Some("bbbbbbbbbbbb"), "{SHA256}b")).await.unwrap();
    auth.note_use(&PatId::new("10"), noon()).await.unwrap();
    auth.revoke(&PatId::new("10"), noon()).await.unwrap();
    auth.revoke(&PatId::new("10"), noon() + TimeDelta::days(1)).await.unwrap();
    auth.revoke(&PatId::new("99"), noon()).await.unwrap();
    let revoked = auth.find_pat(&PatId::new("10")).await.unwrap().unwrap();
    assert_eq!((revoked.revoked_at, revoked.last_used_at), (Some(noon()), Some(noon())));
    assert_eq!(auth.list_of_user(&UserId::new("2"), false).await.unwrap().len(), 1);
    assert_eq!(auth.list_of_tenant(&TenantId::new("1"), true).await.unwrap().len(), 2);
    assert!(auth.list_of_user(&UserId::new("1"), true).await.unwrap().is_empty());
}
