//! Tokens, sign-in and external identity.

use secrecy::SecretString;
use serde::Deserialize;

use super::choice::{JwtAlgorithm, SsoProvider};

/// Tokens, sign-in and identity (`surface.md §2.4, §3`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Accepts the reference's tokens of 22 characters.
    pub legacy_pats: bool,
    /// Replaces a token found in clear by its hash; off beside a Watchmen on the same store.
    pub rehash_legacy: bool,
    /// How long a verified token is trusted without a look at the store. 0 to 10 seconds.
    pub cache_seconds: u64,
    /// Triggers a second for each token; unlimited without it.
    pub rate_per_pat: Option<f64>,
    /// Triggers a second for each tenant; unlimited without it.
    pub rate_per_tenant: Option<f64>,
    /// The token used where a trigger brings none.
    pub pat: Option<SecretString>,
    /// First password of imma-super; without one it is generated.
    pub first_super_password: Option<SecretString>,
    /// First password of imma-admin; without one it is generated.
    pub first_admin_password: Option<SecretString>,
    /// The key of sign-in tokens; without one it is made and shared by the store.
    pub jwt_secret: Option<SecretString>,
    /// The signature of sign-in tokens.
    pub jwt_algorithm: JwtAlgorithm,
    /// Life of a sign-in token. 1 to 5256000 minutes.
    pub sign_in_minutes: u32,
    /// Accepts keys that are published.
    pub allow_default_secrets: bool,
    /// Takes the user's name from a header that a proxy sets.
    pub external: bool,
    /// The header with the user's name.
    pub external_user_header: String,
    /// The header with the tenant's name, for the log only.
    pub external_data_zone_header: String,
    /// Addresses or networks whose headers are believed.
    pub trusted_proxies: Vec<String>,
    /// Believes the user header of any address.
    pub allow_insecure_external: bool,
    /// Switches single sign-on on.
    pub sso: bool,
    /// The provider of single sign-on.
    pub sso_provider: SsoProvider,
    /// Tenant of the internal super admin.
    pub super_admin_tenant_id: String,
    /// User id of the internal super admin.
    pub super_admin_user_id: String,
    /// Name of the internal super admin.
    pub super_admin_user_name: String,
    /// Nickname of the internal super admin.
    pub super_admin_nickname: String,
}

/// Sign-in with OpenID Connect (`surface.md §3.2`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Parameter that carries the code.
    pub code_key: String,
    /// Where the code is exchanged; OIDC is off without it.
    pub token_endpoint: Option<String>,
    /// Key of the token in the answer.
    pub token_key: String,
    /// Answers with the provider's token instead of ours.
    pub use_access_token: bool,
    /// Where the user is asked for.
    pub user_info_endpoint: Option<String>,
    /// Key of the user's name in that answer.
    pub user_subject_key: String,
    /// Where a browser signs in.
    pub login_url: Option<String>,
    /// Parameters added to that URL.
    pub login_params: Option<String>,
}
