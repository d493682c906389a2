//! Alibaba Cloud: calls of MNS, signed as MNS wants it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use sha1::Sha1;

use super::{CloudError, CredentialVariables, Credentials, Meaning};

/// Where Function Compute puts the keys of a role.
pub(crate) const VARIABLES: CredentialVariables =
    CredentialVariables { key_id: "ALIBABA_CLOUD_ACCESS_KEY_ID", secret: "ALIBABA_CLOUD_ACCESS_KEY_SECRET", token: "ALIBABA_CLOUD_SECURITY_TOKEN" };
const VERSION_HEADER: HeaderName = HeaderName::from_static("x-mns-version");
/// The version of the API.
const VERSION: &str = "2015-06-06";
const TOKEN: HeaderName = HeaderName::from_static("security-token");
const XML: &str = "text/xml";

/// The headers of a `POST` of XML to a resource, with its signature. `date` is the moment as HTTP writes it; the other side
/// takes it for 15 minutes.
pub(crate) fn headers(credentials: &Credentials, resource: &str, date: &str) -> Result<HeaderMap, CloudError> {
    let signature = signature(credentials, resource, date)?;
    let wrong = |_| CloudError::new(Meaning::Forbidden, "the key or its token holds what no header can");
    let secret = |text: &str| -> Result<HeaderValue, CloudError> {
        let mut value = HeaderValue::from_str(text).map_err(wrong)?;
        value.set_sensitive(true);
        Ok(value)
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(XML));
    headers.insert(DATE, HeaderValue::from_str(date).map_err(wrong)?);
    headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    headers.insert(AUTHORIZATION, secret(&format!("MNS {}:{signature}", credentials.key_id))?);
    if let Some(token) = &credentials.token {
        headers.insert(TOKEN, secret(token.expose_secret())?);
    }
    Ok(headers)
}

/// Verb, digest of the content (none is sent), its type, the date, headers of MNS, the resource: a line each.
fn signature(credentials: &Credentials, resource: &str, date: &str) -> Result<String, CloudError> {
    let signed = format!("POST\n\n{XML}\n{date}\n{VERSION_HEADER}:{VERSION}\n{resource}");
    let key = Hmac::<Sha1>::new_from_slice(credentials.secret.expose_secret().as_bytes());
    let mut mac = key.map_err(|_| CloudError::new(Meaning::Forbidden, "the secret of the key can not sign"))?;
    mac.update(signed.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn a_call_is_signed_and_its_headers_do_not_print() {
        let credentials = Credentials { key_id: "AKID".to_owned(), secret: SecretString::from("s3cret"), token: Some(SecretString::from("t0ken")) };
        let headers = headers(&credentials, "/queues/orders/messages", "Thu, 17 Mar 2012 18:49:58 GMT").unwrap();
        // by: printf 'POST\n\ntext/xml\nThu, 17 Mar 2012 18:49:58 GMT\nx-mns-version:2015-06-06\n/queues/orders/messages' | openssl dgst -sha1 -hmac s3cret -binary | base64
        assert_eq!(headers.get(AUTHORIZATION).unwrap(), "MNS AKID:6PDDclqpzWx+o7BQPvhNsoi2CKA=");
        assert_eq!(headers.get("security-token").unwrap(), "t0ken");
        let shown = format!("{headers:?}");
        assert!(!shown.contains("AKID") && !shown.contains("t0ken"), "{shown}");
    }
}
