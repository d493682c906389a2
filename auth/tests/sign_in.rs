//! Signing in with name and password.

use nightowl_auth::{
    Role, hash_password,
    memory::{MemoryStore, user},
    sign_in,
};
use secrecy::SecretString;

#[tokio::test]
async fn only_the_right_password_of_an_active_user_signs_in() -> Result<(), Box<dyn std::error::Error>> {
    let store = MemoryStore::default();
    let password = SecretString::from("owls at night");
    let mut ann = user("7", "1", "ann", Role::Admin);
    ann.password = Some(hash_password(&password)?);
    let mut bob = ann.clone();
    (bob.user_id, bob.name, bob.is_active) = (nightowl_auth::UserId::new("8"), "bob".to_owned(), false);
    store.put_user(ann);
    store.put_user(bob);
    store.put_user(user("9", "1", "cleo", Role::Admin));
    assert_eq!(sign_in("ann", &password, &store).await?.user_id.as_str(), "7");
    let wrong = SecretString::from("owls at noon");
    for (name, password) in [("ann", &wrong), ("bob", &password), ("cleo", &password), ("dan", &password)] {
        let refused = sign_in(name, password, &store).await.map(|user| user.name).unwrap_err();
        assert_eq!((refused.code(), refused.http_status()), ("auth-sign-in-refused", 401), "{name}");
    }
    Ok(())
}
