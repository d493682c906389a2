//! AWS: its APIs that speak JSON, signed with Signature Version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials as Identity;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::Value as Json;

use super::{CloudError, CredentialVariables, Credentials, Meaning};
use crate::outbound::{Answer, Client};

/// Where Lambda and everything else of AWS puts the keys of a role.
pub(crate) const VARIABLES: CredentialVariables =
    CredentialVariables { key_id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY", token: "AWS_SESSION_TOKEN" };
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// One call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Where the API is.
    pub(crate) url: &'a str,
    /// The region that the signature is for.
    pub(crate) region: &'a str,
    /// The service that it is for, as the signature names it.
    pub(crate) service: &'static str,
    /// The operation, as the API's header has it.
    pub(crate) target: &'static str,
    /// The version of the API's JSON.
    pub(crate) json: &'static str,
    /// What is sent.
    pub(crate) body: String,
}

/// The region of the environment.
pub(crate) fn region() -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| std::env::var(name).ok().filter(|region| !region.trim().is_empty()))
}

/// Makes a call, once.
pub(crate) async fn call(client: &Client, credentials: &Credentials, call: &Call<'_>) -> Result<Json, CloudError> {
    let headers = headers(credentials, call)?;
    let answer = client.post(call.url, headers, call.body.clone()).await?;
    if answer.status != 200 {
        return Err(refusal(call.service, &answer));
    }
    let unreadable = |_| CloudError::new(Meaning::Unavailable, format!("{} answered what is no JSON, or too long", call.service));
    serde_json::from_str(&answer.body).map_err(unreadable)
}

fn headers(credentials: &Credentials, call: &Call<'_>) -> Result<HeaderMap, CloudError> {
    let wrong = |what: &dyn std::fmt::Display| CloudError::new(Meaning::Forbidden, format!("a call of {} can not be signed: {what}", call.service));
    let token = credentials.token.as_ref().map(|token| token.expose_secret().to_owned());
    let identity = Identity::new(credentials.key_id.as_str(), credentials.secret.expose_secret(), token, None, "nightowl").into();
    let parameters = SigningParams::builder().identity(&identity).region(call.region).name(call.service).time(SystemTime::now());
    let parameters = parameters.settings(SigningSettings::default()).build().map_err(|error| wrong(&error))?.into();
    let content_type = format!("application/x-amz-json-{}", call.json);
    let signed = [("content-type", content_type.as_str()), ("x-amz-target", call.target)];
    let request = SignableRequest::new("POST", call.url, signed.into_iter(), SignableBody::Bytes(call.body.as_bytes())).map_err(|error| wrong(&error))?;
    let (instructions, _) = sign(request, &parameters).map_err(|error| wrong(&error))?.into_parts();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content_type).map_err(|error| wrong(&error))?);
    headers.insert(TARGET, HeaderValue::from_static(call.target));
    for (name, value) in instructions.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong(&"the key or its token holds what no header can"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// What an answer means that is none of success: its code stands in the member `__type`, behind the name of the API.
fn refusal(service: &str, answer: &Answer) -> CloudError {
    let document: Json = serde_json::from_str(&answer.body).unwrap_or_default();
    let text = |keys: [&str; 2]| keys.iter().find_map(|key| document.get(key)?.as_str().map(str::to_owned)).unwrap_or_default();
    let kind = text(["__type", "code"]);
    let code = kind.rsplit('#').next().unwrap_or_default();
    CloudError::answered(service, meaning(answer.status, code), answer.status, code, &text(["message", "Message"]))
}

fn meaning(status: u16, code: &str) -> Meaning {
    let has = |part: &str| code.contains(part);
    match status {
        429 => Meaning::Throttled,
        500.. => Meaning::Unavailable,
        _ if has("Throttl") || has("TooManyRequests") || has("OverLimit") => Meaning::Throttled,
        _ if has("DoesNotExist") || has("NonExistent") || has("ResourceNotFound") => Meaning::NotFound,
        401 | 403 => Meaning::Forbidden,
        _ if ["AccessDenied", "Signature", "Token", "Credential", "Unrecognized", "NotAuthorized", "Decryption"].iter().any(|part| has(part)) => {
            Meaning::Forbidden
        }
        _ => Meaning::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn errors_have_their_meaning() {
        let meaning = |status: u16, kind: &str| {
            let body = format!(r#"{{"__type":"com.amazonaws.sqs#{kind}","message":"m"}}"#);
            refusal("sqs", &Answer { status, body }).meaning
        };
        assert_eq!(meaning(400, "QueueDoesNotExist"), Meaning::NotFound);
        assert_eq!(meaning(400, "RequestThrottled"), Meaning::Throttled);
        assert_eq!(meaning(400, "ExpiredTokenException"), Meaning::Forbidden);
        assert_eq!(meaning(400, "InvalidMessageContents"), Meaning::Invalid);
        assert_eq!(meaning(403, "AnythingElse"), Meaning::Forbidden);
        assert_eq!(meaning(503, "ServiceUnavailable"), Meaning::Unavailable);
    }

    #[test]
    fn a_call_is_signed_and_its_headers_do_not_print() {
        let credentials = Credentials { key_id: "AKID".to_owned(), secret: SecretString::from("s3cret"), token: Some(SecretString::from("t0ken")) };
        let call = Call {
            url: "https://sqs.eu-central-1.amazonaws.com/",
            region: "eu-central-1",
            service: "sqs",
            target: "AmazonSQS.SendMessage",
            json: "1.0",
            body: "{}".to_owned(),
        };
        let headers = headers(&credentials, &call).unwrap();
        let authorization = headers.get("authorization").unwrap().to_str().unwrap();
        assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/") && authorization.contains("/eu-central-1/sqs/aws4_request"), "{authorization}");
        assert!(authorization.contains("content-type;host;x-amz-date;x-amz-security-token;x-amz-target"), "{authorization}");
        let shown = format!("{headers:?}");
        assert!(!shown.contains("AKID") && !shown.contains("t0ken"), "{shown}");
    }
}
