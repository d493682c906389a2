//! The stores in memory, with somebody living in them.

use std::sync::Arc;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use nightowl_auth::{
    Authenticator, Clock, Expiry, Failures, IssueRequest, Issued, Pat, PatId, PatProvider, PatSettings, PatStore, Principal, Provider, Role, Scopes,
    StoredToken, TenantId, Token, UserId, UserStore, issue,
    memory::{ManualClock, MemoryStore, tenant, user},
};

pub(crate) const LEGACY: &str = "Qm1c0Jt9xW4zR7uLk2sVHA";

/// A store with an admin, a super admin and a console user, and a clock at noon.
pub(crate) struct House {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) provider: Arc<PatProvider>,
}

impl House {
    pub(crate) fn new(settings: PatSettings) -> Self {
        let store = Arc::new(MemoryStore::default());
        store.put_tenant(tenant("1", "IMMA"));
        store.put_user(user("1", "-1", "imma-super", Role::SuperAdmin));
        store.put_user(user("2", "1", "imma-admin", Role::Admin));
        store.put_user(user("3", "1", "imma-user", Role::Console));
        let clock = Arc::new(ManualClock::at("2026-06-01T12:00:00".parse().expect("a time")));
        let pats: Arc<dyn PatStore> = Arc::<MemoryStore>::clone(&store);
        let users: Arc<dyn UserStore> = Arc::<MemoryStore>::clone(&store);
        let provider = Arc::new(PatProvider::new(pats, users, Arc::<ManualClock>::clone(&clock), settings));
        Self { store, clock, provider }
    }

    pub(crate) fn uncached() -> Self {
        Self::new(PatSettings { cache_seconds: 0, ..PatSettings::default() })
    }

    pub(crate) async fn issue(&self, user_id: &str, scopes: &[&str], expires: Expiry) -> Issued {
        let owner = self.store.find_user(&UserId::new(user_id)).await.expect("a store").expect("a user");
        let request = IssueRequest {
            pat_id: PatId::new(format!("pat-{}", self.store.calls())),
            owner: &owner,
            created_by: owner.user_id.clone(),
            issuer_scopes: &Scopes::all(),
            scopes: Scopes::parse(scopes.iter().copied()).expect("scopes"),
            expires,
            note: Some("loader".to_owned()),
        };
        issue(request, &*self.store, self.clock.now(), Tz::UTC).await.expect("a token")
    }

    pub(crate) async fn verify(&self, token: &Token) -> Option<Principal> {
        self.provider.verify(token).await.expect("a store that answers")
    }

    pub(crate) async fn row(&self, pat_id: &PatId) -> Pat {
        self.store.find_pat(pat_id).await.expect("a store").expect("a row")
    }

    pub(crate) fn put_legacy(&self, pat_id: &str, token: &str) {
        self.store.put_pat(Pat {
            pat_id: PatId::new(pat_id),
            key_id: None,
            token: StoredToken::new(token.to_owned()),
            user_id: UserId::new("2"),
            username: Some("imma-admin".to_owned()),
            tenant_id: TenantId::new("1"),
            note: None,
            expired: Expiry::Never,
            permissions: Scopes::all(),
            created_at: NaiveDateTime::default(),
            created_by: None,
            last_used_at: None,
            revoked_at: None,
        });
    }

    pub(crate) fn authenticator(&self) -> Authenticator {
        let providers: Vec<Arc<dyn Provider>> = vec![Arc::<PatProvider>::clone(&self.provider)];
        Authenticator::new(providers, Failures::default(), Arc::<ManualClock>::clone(&self.clock))
    }
}

/// The token with its last check digit changed.
pub(crate) fn with_wrong_check(token: &Token) -> Token {
    let mut text = token.expose().to_owned();
    let last = text.pop();
    text.push(if last == Some('0') { '1' } else { '0' });
    Token::new(&text)
}
