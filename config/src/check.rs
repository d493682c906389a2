//! Settings that are right by themselves but not together, and secrets that everybody knows.

use serde_json::Value;

use crate::{error::Problem, layer::HeldByKey, sources::Origin};

/// Keys that the reference prints in its documentation; nobody may rely on them (`surface.md` S7, `storage.md` D17).
const PUBLISHED: &[(&str, &str)] = &[
    ("auth.jwt_secret", "801GtEAdlE8o-iZRLBMgz30PGE_zxry82EaUYMAhNq8"),
    ("engine.aes_key", "hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x"),
    ("storage.data_source_aes_key", "hWmZq4t7w9z$C&F)J@NcRfUjXn2r5u8x"),
];

/// Finds every contradiction among the values that hold.
pub(crate) fn check(held: &HeldByKey) -> Vec<Problem> {
    let mut problems = published(held);
    problems.extend(aes_pair(held));
    problems.extend(single_sign_on(held));
    problems.extend(wildcard_origin(held));
    problems.extend(remote_ids(held));
    problems.extend(external_identity(held));
    problems.extend(profile_time(held));
    problems
}

fn published(held: &HeldByKey) -> Vec<Problem> {
    if is(held, "auth.allow_default_secrets") {
        return Vec::new();
    }
    let known = PUBLISHED.iter().filter(|(key, secret)| text(held, key) == Some(secret));
    known.map(|(key, _)| Problem::SecretPublished { key, origin: origin(held, key) }).collect()
}

fn aes_pair(held: &HeldByKey) -> Option<Problem> {
    let (set, missing) = match (text(held, "engine.aes_key"), text(held, "engine.aes_iv")) {
        (Some(_), None) => ("engine.aes_key", "engine.aes_iv"),
        (None, Some(_)) => ("engine.aes_iv", "engine.aes_key"),
        _ => return None,
    };
    Some(contradiction(format!("{set} is set ({}) without {missing}", origin(held, set)), &format!("set {missing} too")))
}

/// The longest invocation that the profile `qinling` takes, in seconds (`surface.md §18`).
const QINLING_SECONDS: u64 = 300;

fn profile_time(held: &HeldByKey) -> Option<Problem> {
    let seconds = held.get("function.timeout_seconds")?.value.as_ref()?.as_u64()?;
    let too_long = text(held, "function.profile") == Some("qinling") && seconds > QINLING_SECONDS;
    too_long.then(|| {
        let said = format!("function.timeout_seconds is {seconds} ({}), and function.profile is qinling", origin(held, "function.timeout_seconds"));
        contradiction(said, &format!("set function.timeout_seconds to at most {QINLING_SECONDS}"))
    })
}

fn single_sign_on(held: &HeldByKey) -> Option<Problem> {
    if !is(held, "auth.sso") {
        return None;
    }
    match text(held, "auth.sso_provider")? {
        "saml2" => Some(Problem::NotSupported {
            key: "auth.sso_provider",
            value: "saml2".to_owned(),
            origin: origin(held, "auth.sso"),
            remedy: "set auth.sso_provider to oidc, or auth.sso to false".to_owned(),
        }),
        "oidc" => {
            let missing = ["oidc.token_endpoint", "oidc.user_info_endpoint"].into_iter().find(|key| text(held, key).is_none())?;
            Some(contradiction(format!("auth.sso_provider is oidc ({}) without {missing}", origin(held, "auth.sso_provider")), &format!("set {missing}")))
        }
        _ => None,
    }
}

/// A browser that sends credentials must come from an origin that somebody named (`surface.md` S12).
fn wildcard_origin(held: &HeldByKey) -> Option<Problem> {
    let origins = held.get("http.cors_allowed_origins")?.value.as_ref()?.as_array()?;
    let any = origins.iter().any(|one| one.as_str() == Some("*"));
    (any && is(held, "http.cors") && is(held, "http.cors_allow_credentials")).then(|| {
        contradiction(
            format!("any origin is allowed ({}) together with credentials", origin(held, "http.cors_allowed_origins")),
            "list the origins, or set http.cors_allow_credentials to false",
        )
    })
}

fn remote_ids(held: &HeldByKey) -> Option<Problem> {
    let asked = is(held, "snowflake.remote") && !is(held, "snowflake.competitive_workers");
    (asked && text(held, "snowflake.remote_url").is_none()).then(|| {
        contradiction(format!("snowflake.remote is on ({}) without snowflake.remote_url", origin(held, "snowflake.remote")), "set snowflake.remote_url")
    })
}

/// A header is no proof of anything unless we know who set it (`surface.md` S6).
fn external_identity(held: &HeldByKey) -> Option<Problem> {
    let proxies = held.get("auth.trusted_proxies")?.value.as_ref()?.as_array()?;
    let open = is(held, "auth.external") && proxies.is_empty() && !is(held, "auth.allow_insecure_external");
    open.then(|| {
        contradiction(
            format!("auth.external is on ({}) and nobody's header is believed", origin(held, "auth.external")),
            "list your proxies in auth.trusted_proxies",
        )
    })
}

fn contradiction(what: String, remedy: &str) -> Problem {
    Problem::Contradiction { what, remedy: remedy.to_owned() }
}

fn is(held: &HeldByKey, key: &str) -> bool {
    held.get(key).and_then(|one| one.value.as_ref()).and_then(Value::as_bool) == Some(true)
}

fn text<'a>(held: &'a HeldByKey, key: &str) -> Option<&'a str> {
    held.get(key).and_then(|one| one.value.as_ref()).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn origin(held: &HeldByKey, key: &str) -> Origin {
    held.get(key).map_or(Origin::Default, |one| one.origin.clone())
}
