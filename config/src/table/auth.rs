//! Tokens, sign-in and external identity (`surface.md §2.4, §3, §19`, `storage.md §20`).

use super::{Setting, whole};
use crate::{alias::Alias, kind::Kind};

pub(super) const AUTH: &[Setting] = &[
    Setting::new("auth.legacy_pats", Kind::Bool, "false", "Accepts the reference's tokens of 22 characters."),
    Setting::new("auth.rehash_legacy", Kind::Bool, "true", "Replaces a token found in clear by its hash; off beside a Watchmen on the same store."),
    Setting::new("auth.cache_seconds", whole(0, 10, "seconds"), "10", "How long a verified token is trusted without a look at the store."),
    Setting::optional("auth.rate_per_pat", Kind::Rate, "Triggers a second for each token; unlimited without it."),
    Setting::optional("auth.rate_per_tenant", Kind::Rate, "Triggers a second for each tenant; unlimited without it."),
    Setting::optional("auth.pat", Kind::Text, "The token used where a trigger brings none.")
        .aliases(&[Alias::same("WATCHMEN_PAT")])
        .short("NIGHTOWL_PAT")
        .secret(),
    Setting::optional("auth.first_super_password", Kind::Text, "First password of imma-super; without one it is generated.")
        .short("NIGHTOWL_FIRST_SUPER_PASSWORD")
        .secret(),
    Setting::optional("auth.first_admin_password", Kind::Text, "First password of imma-admin; without one it is generated.")
        .short("NIGHTOWL_FIRST_ADMIN_PASSWORD")
        .secret(),
    Setting::optional("auth.jwt_secret", Kind::Text, "The key of sign-in tokens; without one it is made and shared by the store.")
        .aliases(&[Alias::same("JWT_SECRET_KEY")])
        .secret(),
    Setting::new("auth.jwt_algorithm", Kind::Choice(&["hs256", "hs384", "hs512"]), "hs256", "The signature of sign-in tokens.")
        .aliases(&[Alias::same("JWT_ALGORITHM")]),
    Setting::new("auth.sign_in_minutes", whole(1, 5_256_000, "minutes"), "11520", "Life of a sign-in token.")
        .aliases(&[Alias::same("ACCESS_TOKEN_EXPIRE_MINUTES")]),
    Setting::new("auth.allow_default_secrets", Kind::Bool, "false", "Accepts keys that are published.").aliases(&[Alias::same("ALLOW_DEFAULT_SECRETS")]),
    Setting::new("auth.external", Kind::Bool, "false", "Takes the user's name from a header that a proxy sets.")
        .aliases(&[Alias::same("IS_EXTERNAL_AUTH_ENABLED")]),
    Setting::new("auth.external_user_header", Kind::Text, "X-Auth-Username", "The header with the user's name.")
        .aliases(&[Alias::same("USER_NAME_HTTP_HEADER_KEY")]),
    Setting::new("auth.external_data_zone_header", Kind::Text, "X-DataZone-Name", "The header with the tenant's name, for the log only.")
        .aliases(&[Alias::same("DATAZONE_NAME_HTTP_HEADER_KEY")]),
    Setting::new("auth.trusted_proxies", Kind::Texts, "[]", "Addresses or networks whose headers are believed.").aliases(&[Alias::same("TRUSTED_PROXIES")]),
    Setting::new("auth.allow_insecure_external", Kind::Bool, "false", "Believes the user header of any address.")
        .aliases(&[Alias::same("ALLOW_INSECURE_EXTERNAL_AUTH")]),
    Setting::new("auth.sso", Kind::Bool, "false", "Switches single sign-on on.").aliases(&[Alias::same("SSO_ON")]),
    Setting::new("auth.sso_provider", Kind::Choice(&["saml2", "oidc", "doll"]), "saml2", "The provider of single sign-on.")
        .aliases(&[Alias::same("SSO_PROVIDER")]),
    Setting::new("auth.super_admin_tenant_id", Kind::Text, "1", "Tenant of the internal super admin.").aliases(&[Alias::same("SUPER_ADMIN_TENANT_ID")]),
    Setting::new("auth.super_admin_user_id", Kind::Text, "1", "User id of the internal super admin.").aliases(&[Alias::same("SUPER_ADMIN_USER_ID")]),
    Setting::new("auth.super_admin_user_name", Kind::Text, "imma-super", "Name of the internal super admin.").aliases(&[Alias::same("SUPER_ADMIN_USER_NAME")]),
    Setting::new("auth.super_admin_nickname", Kind::Text, "IMMA Super", "Nickname of the internal super admin.")
        .aliases(&[Alias::same("SUPER_ADMIN_USER_NICKNAME")]),
];

pub(super) const OIDC: &[Setting] = &[
    Setting::new("oidc.code_key", Kind::Text, "code", "Parameter that carries the code.").aliases(&[Alias::same("OIDC_CODE_KEY")]),
    Setting::optional("oidc.token_endpoint", Kind::Text, "Where the code is exchanged; OIDC is off without it.").aliases(&[Alias::same("OIDC_TOKEN_ENDPOINT")]),
    Setting::new("oidc.token_key", Kind::Text, "access_token", "Key of the token in the answer.").aliases(&[Alias::same("OIDC_TOKEN_KEY")]),
    Setting::new("oidc.use_access_token", Kind::Bool, "false", "Answers with the provider's token instead of ours.")
        .aliases(&[Alias::same("OIDC_USE_ACCESS_TOKEN")]),
    Setting::optional("oidc.user_info_endpoint", Kind::Text, "Where the user is asked for.").aliases(&[Alias::same("OIDC_USER_INFO_ENDPOINT")]),
    Setting::new("oidc.user_subject_key", Kind::Text, "sub", "Key of the user's name in that answer.").aliases(&[Alias::same("OIDC_USER_SUBJECT_KEY")]),
    Setting::optional("oidc.login_url", Kind::Text, "Where a browser signs in.").aliases(&[Alias::same("OIDC_LOGIN_URL")]),
    Setting::optional("oidc.login_params", Kind::Text, "Parameters added to that URL.").aliases(&[Alias::same("OIDC_LOGIN_PARAMS")]),
];
